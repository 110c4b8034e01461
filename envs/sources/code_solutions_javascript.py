"""Right solutions in JavaScript to the tasks of `code_problems`."""

from __future__ import annotations

_READ = "const lines = require('fs').readFileSync(0, 'utf8').split('\\n');\n"

JAVASCRIPT = {
    "digit-sum": _READ + "console.log([...lines[0].trim()].reduce((sum, digit) => sum + Number(digit), 0));",
    "reverse-words": _READ + "console.log(lines[0].trim().split(/\\s+/).reverse().join(' '));",
    "brackets": _READ
    + """
const partner = { ')': '(', ']': '[', '}': '{' };
const stack = [];
let answer = null;
[...lines[0].trim()].some((bracket, at) => {
  if (!(bracket in partner)) stack.push([bracket, at + 1]);
  else if (stack.length && stack[stack.length - 1][0] === partner[bracket]) stack.pop();
  else answer = at + 1;
  return answer !== null;
});
if (answer === null) answer = stack.length ? stack[stack.length - 1][1] : 'balanced';
console.log(answer);
""",
    "coins": _READ
    + """
const amount = Number(lines[0]);
const coins = lines[1].trim().split(/\\s+/).map(Number);
const best = new Array(amount + 1).fill(Infinity);
best[0] = 0;
for (let total = 1; total <= amount; total++) {
  for (const coin of coins) {
    if (coin <= total && best[total - coin] + 1 < best[total]) best[total] = best[total - coin] + 1;
  }
}
console.log(best[amount] === Infinity ? -1 : best[amount]);
""",
    "grid-path": _READ
    + """
const [height, width] = lines[0].split(' ').map(Number);
const steps = new Array(height * width).fill(-1);
const queue = [0];
steps[0] = 0;
for (let next = 0; next < queue.length; next++) {
  const y = Math.floor(queue[next] / width), x = queue[next] % width;
  for (const [a, b] of [[y + 1, x], [y - 1, x], [y, x + 1], [y, x - 1]]) {
    if (a < 0 || b < 0 || a >= height || b >= width) continue;
    if (lines[a + 1][b] !== '.' || steps[a * width + b] >= 0) continue;
    steps[a * width + b] = steps[queue[next]] + 1;
    queue.push(a * width + b);
  }
}
console.log(steps[height * width - 1]);
""",
    "count-primes": _READ
    + """
const n = Number(lines[0]);
const composite = new Uint8Array(n + 1);
let count = 0;
for (let p = 2; p <= n; p++) {
  if (composite[p]) continue;
  count++;
  for (let multiple = p * p; multiple <= n; multiple += p) composite[multiple] = 1;
}
console.log(count);
""",
    "rising": _READ
    + """
const tails = [];
for (const value of lines[1].trim().split(/\\s+/).map(Number)) {
  let low = 0, high = tails.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tails[middle] < value) low = middle + 1;
    else high = middle;
  }
  tails[low] = value;
}
console.log(tails.length);
""",
    "power": _READ
    + """
let [a, b, m] = lines[0].trim().split(/\\s+/).map(BigInt);
let result = 1n % m;
for (a %= m; b > 0n; b >>= 1n) {
  if (b & 1n) result = (result * a) % m;
  a = (a * a) % m;
}
console.log(result.toString());
""",
    "intervals": _READ
    + """
const intervals = lines.slice(1, Number(lines[0]) + 1).map((line) => line.trim().split(/\\s+/).map(Number));
intervals.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
let count = 0, total = 0, reach = -Infinity;
for (const [start, end] of intervals) {
  if (start > reach) {
    count++;
    total += end - start;
    reach = end;
  } else if (end > reach) {
    total += end - reach;
    reach = end;
  }
}
console.log(count, total);
""",
    "anagrams": _READ
    + """
const groups = new Map();
for (const word of lines.slice(1, Number(lines[0]) + 1)) {
  const key = [...word.trim()].sort().join('');
  groups.set(key, (groups.get(key) || 0) + 1);
}
console.log(groups.size, Math.max(...groups.values()));
""",
    "deviation": _READ
    + """
const values = lines[1].trim().split(/\\s+/).map(Number);
const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
console.log(mean.toFixed(9), Math.sqrt(variance).toFixed(9));
""",
    "order": _READ
    + """
const [n, m] = lines[0].split(' ').map(Number);
const after = Array.from({ length: n + 1 }, () => []);
const waits = new Array(n + 1).fill(0);
for (const line of lines.slice(1, m + 1)) {
  const [a, b] = line.split(' ').map(Number);
  after[a].push(b);
  waits[b]++;
}
const order = [], done = new Array(n + 1).fill(false);
for (;;) {
  let task = 1;
  while (task <= n && (done[task] || waits[task])) task++;
  if (task > n) break;
  done[task] = true;
  order.push(task);
  for (const following of after[task]) waits[following]--;
}
console.log(order.length === n ? order.join(' ') : 'impossible');
""",
}
"""Task -> program."""
