"""Good submissions and hostile ones, of our own, for tests and benchmarks of the sandbox."""

from __future__ import annotations

from typing import Any

from code_problems_for_tests import code_problem, fenced, stdin_cases

from genesys.schema import Problem

GOOD = {
    "python": "n = int(input())\nprint(n * n)",
    "javascript": "const n = Number(require('fs').readFileSync(0, 'utf8'));\nconsole.log(n * n);",
    "cpp": "#include <bits/stdc++.h>\nint main() { long n; std::cin >> n; std::cout << n * n; }",
    "rust": "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();\n"
    '    let n: i64 = s.trim().parse().unwrap(); println!("{}", n * n); }',
}
"""The square of a number."""

HALF = {
    "python": "n = int(input())\nprint(n * n if n < 10 else 0)",
    "javascript": "const n = Number(require('fs').readFileSync(0, 'utf8'));\nconsole.log(n < 10 ? n * n : 0);",
    "cpp": "#include <bits/stdc++.h>\nint main() { long n; std::cin >> n; std::cout << (n < 10 ? n * n : 0); }",
    "rust": "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();\n"
    '    let n: i64 = s.trim().parse().unwrap(); println!("{}", if n < 10 { n * n } else { 0 }); }',
}
"""Right for half of the tests."""

HOSTILE = [
    ("python", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
    ("python", "import os, time\nfor i in range(40):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(60)"),
    ("python", "b = []\nwhile True: b.append(bytearray(10 << 20))"),
    ("python", "import os\nfor i in range(16):\n    if os.fork() == 0: break\nb = []\nwhile True: b.append(bytearray(10 << 20))"),
    ("python", "while True: pass"),
    ("python", "import time\ntime.sleep(1000)"),
    ("python", "while True: print('x' * 100000)"),
    ("python", "i = 0\nwhile True:\n    open(f'f{i}', 'w').write('x' * 100000); i += 1"),
    ("python", "import os\nwhile True:\n    os.mkdir('d'); os.chdir('d')"),
    ("python", "import os, signal\nfor p in range(1, 500):\n    try: os.kill(p, signal.SIGKILL)\n    except OSError: pass\nos.kill(-1, 9)"),
    ("python", "import os, signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"),
    ("python", "import resource\nresource.prlimit(1, resource.RLIMIT_CPU, (0, 0))\nwhile True: pass"),
    ("python", "import os\nos.kill(os.getppid(), 2)\nos.kill(os.getppid(), 15)\nos.kill(os.getppid(), 19)"),
    ("python", "import os\nfor fd in range(3, 2000):\n    try: os.write(fd, b'{}' * 99)\n    except OSError: pass"),
    ("python", "import threading\ndef f():\n    while True: pass\nfor i in range(200): threading.Thread(target=f).start()"),
    ("python", "import ctypes\nctypes.string_at(0)"),
    ("python", "import os\nos.rename('/box/work', '/box/other')"),
    ("python", "import sys\nsys.setrecursionlimit(10**9)\nf = lambda n: f(n + 1)\nf(0)"),
    ("python", "exec(compile('(' * 100000 + ')' * 100000, 'x', 'eval'))"),
    ("python", "(" * 5000),
    ("python", "import os\nos.ftruncate(1, 1 << 40)"),
    ("python", "import os\nfd = os.memfd_create('x')\nwhile True: os.write(fd, b'x' * (1 << 20))"),
    ("javascript", "for (;;) {}"),
    ("javascript", "const a = []; for (;;) a.push(new Array(1e6).fill(1));"),
    ("javascript", "setInterval(() => {}, 1000);"),
    ("javascript", "const c = require('child_process'); for (;;) try { c.spawn('/bin/sleep', ['60']); } catch (e) {}"),
    ("cpp", "#include <unistd.h>\nint main() { for (;;) fork(); }"),
    ("cpp", "#include <vector>\nint main() { std::vector<char*> v; for (;;) { char* p = new char[1 << 24]; for (int i = 0; i < 1 << 24; i += 4096) p[i] = 1; v.push_back(p); } }"),
    ("cpp", "#include <csignal>\nint main() { for (int s = 1; s < 65; s++) signal(s, SIG_IGN); for (;;) ; }"),
    ("cpp", "int f(int n) { volatile char c[4096]; c[0] = n; return f(n + 1) + c[0]; }\nint main() { return f(0); }"),
    ("cpp", "template <int N> struct T { typename T<N + 1>::X x; };\nint main() { T<0> t; }"),
    ("rust", "fn main() { loop {} }"),
    ("rust", "fn main() { let mut v: Vec<Vec<u8>> = Vec::new(); loop { v.push(vec![1; 1 << 24]); } }"),
]  # fmt: skip
"""Each is judged and ended, whatever it does; none earns anything."""


def square_problem(language: str, **info: Any) -> Problem:
    """Four tests, with short limits for the hostile."""
    cases = stdin_cases(("2\n", "4\n"), ("3\n", "9\n"), ("10\n", "100\n"), ("50\n", "2500\n"))
    return code_problem(language, cases, time_limit=0.5, memory_limit=256, **info)


def mixture(count: int) -> tuple[list[Problem], list[str], list[float]]:
    """`count` good and `count` hostile completions in turn, with the scores they must get."""
    problems, texts, scores = [], [], []
    languages = list(GOOD)
    for index in range(count):
        language = languages[index % 4]
        programs, score = (GOOD, 1.0) if index % 3 else (HALF, 0.5)
        mark = "#" if language == "python" else "//"
        problems.append(square_problem(language))
        texts.append(fenced(language, f"{programs[language]}\n{mark} {index % 40}"))
        scores.append(score)
        language, program = HOSTILE[index % len(HOSTILE)]
        problems.append(square_problem(language))
        texts.append(fenced(language, program))
        scores.append(0.0)
    return problems, texts, scores
