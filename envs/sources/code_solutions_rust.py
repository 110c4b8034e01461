"""Right solutions in Rust to the tasks of `code_problems`."""

from __future__ import annotations

_HEAD = """
use std::io::Read;

fn read() -> String {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    text
}
"""

RUST = {
    "digit-sum": _HEAD
    + """
fn main() {
    println!("{}", read().trim().bytes().map(|digit| (digit - b'0') as u32).sum::<u32>());
}
""",
    "reverse-words": _HEAD
    + """
fn main() {
    let text = read();
    println!("{}", text.split_whitespace().rev().collect::<Vec<_>>().join(" "));
}
""",
    "brackets": _HEAD
    + """
fn main() {
    let mut open: Vec<(char, usize)> = Vec::new();
    for (i, c) in read().trim().chars().enumerate() {
        let partner = match c {
            ')' => '(',
            ']' => '[',
            '}' => '{',
            _ => {
                open.push((c, i + 1));
                continue;
            }
        };
        match open.last() {
            Some(&(last, _)) if last == partner => {
                open.pop();
            }
            _ => {
                println!("{}", i + 1);
                return;
            }
        }
    }
    match open.last() {
        Some(&(_, at)) => println!("{}", at),
        None => println!("balanced"),
    }
}
""",
    "coins": _HEAD
    + """
fn main() {
    let numbers: Vec<usize> = read().split_whitespace().map(|n| n.parse().unwrap()).collect();
    let amount = numbers[0];
    let mut best = vec![usize::MAX; amount + 1];
    best[0] = 0;
    for total in 1..=amount {
        for &coin in &numbers[1..] {
            if coin <= total && best[total - coin] != usize::MAX {
                best[total] = best[total].min(best[total - coin] + 1);
            }
        }
    }
    if best[amount] == usize::MAX {
        println!("-1");
    } else {
        println!("{}", best[amount]);
    }
}
""",
    "grid-path": _HEAD
    + """
use std::collections::VecDeque;

fn main() {
    let text = read();
    let mut words = text.split_whitespace();
    let height: usize = words.next().unwrap().parse().unwrap();
    let width: usize = words.next().unwrap().parse().unwrap();
    let grid: Vec<&[u8]> = words.map(|row| row.as_bytes()).collect();
    let mut steps = vec![vec![-1i32; width]; height];
    let mut queue = VecDeque::from([(0usize, 0usize)]);
    steps[0][0] = 0;
    while let Some((y, x)) = queue.pop_front() {
        let around = [(y + 1, x), (y.wrapping_sub(1), x), (y, x + 1), (y, x.wrapping_sub(1))];
        for (a, b) in around {
            if a < height && b < width && grid[a][b] == b'.' && steps[a][b] < 0 {
                steps[a][b] = steps[y][x] + 1;
                queue.push_back((a, b));
            }
        }
    }
    println!("{}", steps[height - 1][width - 1]);
}
""",
    "count-primes": _HEAD
    + """
fn main() {
    let n: usize = read().trim().parse().unwrap();
    let mut composite = vec![false; n + 1];
    let mut count = 0;
    for p in 2..=n {
        if composite[p] {
            continue;
        }
        count += 1;
        let mut multiple = p * p;
        while multiple <= n {
            composite[multiple] = true;
            multiple += p;
        }
    }
    println!("{}", count);
}
""",
    "rising": _HEAD
    + """
fn main() {
    let mut tails: Vec<i64> = Vec::new();
    for word in read().split_whitespace().skip(1) {
        let value: i64 = word.parse().unwrap();
        let place = tails.partition_point(|&tail| tail < value);
        if place == tails.len() {
            tails.push(value);
        } else {
            tails[place] = value;
        }
    }
    println!("{}", tails.len());
}
""",
    "power": _HEAD
    + """
fn main() {
    let numbers: Vec<u64> = read().split_whitespace().map(|n| n.parse().unwrap()).collect();
    let (mut a, mut b, m) = (numbers[0] % numbers[2], numbers[1], numbers[2]);
    let mut result = 1 % m;
    while b > 0 {
        if b & 1 == 1 {
            result = result * a % m;
        }
        a = a * a % m;
        b >>= 1;
    }
    println!("{}", result);
}
""",
    "intervals": _HEAD
    + """
fn main() {
    let numbers: Vec<i64> = read().split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    let mut intervals: Vec<(i64, i64)> = numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    intervals.sort();
    let (mut count, mut total, mut reach) = (0, 0, i64::MIN);
    for (start, end) in intervals {
        if start > reach {
            count += 1;
            total += end - start;
            reach = end;
        } else if end > reach {
            total += end - reach;
            reach = end;
        }
    }
    println!("{} {}", count, total);
}
""",
    "anagrams": _HEAD
    + """
use std::collections::HashMap;

fn main() {
    let mut groups: HashMap<Vec<u8>, u32> = HashMap::new();
    for word in read().split_whitespace().skip(1) {
        let mut letters = word.as_bytes().to_vec();
        letters.sort();
        *groups.entry(letters).or_insert(0) += 1;
    }
    println!("{} {}", groups.len(), groups.values().max().unwrap());
}
""",
    "deviation": _HEAD
    + """
fn main() {
    let values: Vec<f64> = read().split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    println!("{:.9} {:.9}", mean, variance.sqrt());
}
""",
    "order": _HEAD
    + """
use std::cmp::Reverse;
use std::collections::BinaryHeap;

fn main() {
    let numbers: Vec<usize> = read().split_whitespace().map(|n| n.parse().unwrap()).collect();
    let n = numbers[0];
    let mut after = vec![Vec::new(); n + 1];
    let mut waits = vec![0; n + 1];
    for pair in numbers[2..].chunks(2) {
        after[pair[0]].push(pair[1]);
        waits[pair[1]] += 1;
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (1..=n).filter(|&t| waits[t] == 0).map(Reverse).collect();
    let mut order = Vec::new();
    while let Some(Reverse(task)) = ready.pop() {
        order.push(task.to_string());
        for &following in &after[task] {
            waits[following] -= 1;
            if waits[following] == 0 {
                ready.push(Reverse(following));
            }
        }
    }
    if order.len() < n {
        println!("impossible");
    } else {
        println!("{}", order.join(" "));
    }
}
""",
}
"""Task -> program."""
