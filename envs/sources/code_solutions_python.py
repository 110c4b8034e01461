"""Right solutions in Python to the tasks of `code_problems`."""

from __future__ import annotations

PYTHON = {
    "digit-sum": "print(sum(map(int, input().strip())))",
    "reverse-words": "print(*reversed(input().split()))",
    "brackets": """
line, stack, partner = input().strip(), [], {")": "(", "]": "[", "}": "{"}
for at, bracket in enumerate(line, 1):
    if bracket in "([{":
        stack.append((bracket, at))
    elif stack and stack[-1][0] == partner[bracket]:
        stack.pop()
    else:
        print(at)
        break
else:
    print(stack[-1][1] if stack else "balanced")
""",
    "coins": """
amount, coins = int(input()), list(map(int, input().split()))
best = [0] + [10**9] * amount
for total in range(1, amount + 1):
    for coin in coins:
        if coin <= total and best[total - coin] + 1 < best[total]:
            best[total] = best[total - coin] + 1
print(best[amount] if best[amount] < 10**9 else -1)
""",
    "grid-path": """
from collections import deque

height, width = map(int, input().split())
grid = [input().strip() for _ in range(height)]
steps, queue = {(0, 0): 0}, deque([(0, 0)])
while queue:
    y, x = queue.popleft()
    for a, b in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
        if 0 <= a < height and 0 <= b < width and grid[a][b] == "." and (a, b) not in steps:
            steps[a, b] = steps[y, x] + 1
            queue.append((a, b))
print(steps.get((height - 1, width - 1), -1))
""",
    "count-primes": """
n = int(input())
sieve = bytearray([1]) * (n + 1)
sieve[:2] = bytes(min(2, n + 1))
for p in range(2, int(n**0.5) + 1):
    if sieve[p]:
        sieve[p * p :: p] = bytes(len(range(p * p, n + 1, p)))
print(sum(sieve))
""",
    "rising": """
from bisect import bisect_left

input()
tails = []
for value in map(int, input().split()):
    place = bisect_left(tails, value)
    tails[place : place + 1] = [value]
print(len(tails))
""",
    "power": "a, b, m = map(int, input().split())\nprint(pow(a, b, m))",
    "intervals": """
import sys

numbers = list(map(int, sys.stdin.read().split()))[1:]
count = total = 0
reach = None
for start, end in sorted(zip(numbers[::2], numbers[1::2])):
    if reach is None or start > reach:
        count, total, reach = count + 1, total + end - start, end
    elif end > reach:
        total, reach = total + end - reach, end
print(count, total)
""",
    "anagrams": """
from collections import Counter

groups = Counter("".join(sorted(input().strip())) for _ in range(int(input())))
print(len(groups), max(groups.values()))
""",
    "deviation": """
import math

n, values = int(input()), list(map(float, input().split()))
mean = math.fsum(values) / n
print(mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / n))
""",
    "order": """
import heapq
import sys

numbers = list(map(int, sys.stdin.read().split()))
n, pairs = numbers[0], numbers[2:]
after, waits = [[] for _ in range(n + 1)], [0] * (n + 1)
for a, b in zip(pairs[::2], pairs[1::2]):
    after[a].append(b)
    waits[b] += 1
ready, order = [task for task in range(1, n + 1) if not waits[task]], []
while ready:
    task = heapq.heappop(ready)
    order.append(task)
    for following in after[task]:
        waits[following] -= 1
        if not waits[following]:
            heapq.heappush(ready, following)
print(*order) if len(order) == n else print("impossible")
""",
}
"""Task -> program."""
