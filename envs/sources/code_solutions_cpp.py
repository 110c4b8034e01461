"""Right solutions in C++ to the tasks of `code_problems`."""

from __future__ import annotations

_HEAD = "#include <bits/stdc++.h>\nusing namespace std;\n"

CPP = {
    "digit-sum": _HEAD
    + """
int main() {
    string digits;
    cin >> digits;
    int sum = 0;
    for (char digit : digits) sum += digit - '0';
    cout << sum << '\\n';
}
""",
    "reverse-words": _HEAD
    + """
int main() {
    vector<string> words;
    for (string word; cin >> word;) words.push_back(word);
    for (size_t i = words.size(); i-- > 0;) cout << words[i] << (i ? " " : "\\n");
}
""",
    "brackets": _HEAD
    + """
int main() {
    string line;
    cin >> line;
    vector<pair<char, int>> open;
    for (size_t i = 0; i < line.size(); i++) {
        char c = line[i];
        if (c == '(' || c == '[' || c == '{') {
            open.push_back({c, i + 1});
            continue;
        }
        char partner = c == ')' ? '(' : c == ']' ? '[' : '{';
        if (open.empty() || open.back().first != partner) {
            cout << i + 1 << '\\n';
            return 0;
        }
        open.pop_back();
    }
    if (open.empty()) cout << "balanced\\n";
    else cout << open.back().second << '\\n';
}
""",
    "coins": _HEAD
    + """
int main() {
    int amount;
    cin >> amount;
    vector<int> coins, best(amount + 1, INT_MAX);
    for (int coin; cin >> coin;) coins.push_back(coin);
    best[0] = 0;
    for (int total = 1; total <= amount; total++)
        for (int coin : coins)
            if (coin <= total && best[total - coin] != INT_MAX)
                best[total] = min(best[total], best[total - coin] + 1);
    cout << (best[amount] == INT_MAX ? -1 : best[amount]) << '\\n';
}
""",
    "grid-path": _HEAD
    + """
int main() {
    int height, width;
    cin >> height >> width;
    vector<string> grid(height);
    for (auto& row : grid) cin >> row;
    vector<vector<int>> steps(height, vector<int>(width, -1));
    queue<pair<int, int>> todo;
    todo.push({0, 0});
    steps[0][0] = 0;
    int dy[] = {1, -1, 0, 0}, dx[] = {0, 0, 1, -1};
    while (!todo.empty()) {
        auto [y, x] = todo.front();
        todo.pop();
        for (int k = 0; k < 4; k++) {
            int a = y + dy[k], b = x + dx[k];
            if (a < 0 || b < 0 || a >= height || b >= width || grid[a][b] != '.' || steps[a][b] >= 0) continue;
            steps[a][b] = steps[y][x] + 1;
            todo.push({a, b});
        }
    }
    cout << steps[height - 1][width - 1] << '\\n';
}
""",
    "count-primes": _HEAD
    + """
int main() {
    int n, count = 0;
    cin >> n;
    vector<bool> composite(n + 1);
    for (long long p = 2; p <= n; p++) {
        if (composite[p]) continue;
        count++;
        for (long long multiple = p * p; multiple <= n; multiple += p) composite[multiple] = true;
    }
    cout << count << '\\n';
}
""",
    "rising": _HEAD
    + """
int main() {
    int n, value;
    cin >> n;
    vector<int> tails;
    while (cin >> value) {
        auto place = lower_bound(tails.begin(), tails.end(), value);
        if (place == tails.end()) tails.push_back(value);
        else *place = value;
    }
    cout << tails.size() << '\\n';
}
""",
    "power": _HEAD
    + """
int main() {
    unsigned long long a, b, m;
    cin >> a >> b >> m;
    unsigned long long result = 1 % m;
    for (a %= m; b; b >>= 1) {
        if (b & 1) result = result * a % m;
        a = a * a % m;
    }
    cout << result << '\\n';
}
""",
    "intervals": _HEAD
    + """
int main() {
    int n;
    cin >> n;
    vector<pair<long long, long long>> intervals(n);
    for (auto& [start, end] : intervals) cin >> start >> end;
    sort(intervals.begin(), intervals.end());
    long long count = 0, total = 0, reach = LLONG_MIN;
    for (auto [start, end] : intervals) {
        if (count == 0 || start > reach) {
            count++;
            total += end - start;
            reach = end;
        } else if (end > reach) {
            total += end - reach;
            reach = end;
        }
    }
    cout << count << ' ' << total << '\\n';
}
""",
    "anagrams": _HEAD
    + """
int main() {
    int n, largest = 0;
    cin >> n;
    map<string, int> groups;
    for (string word; cin >> word;) {
        sort(word.begin(), word.end());
        largest = max(largest, ++groups[word]);
    }
    cout << groups.size() << ' ' << largest << '\\n';
}
""",
    "deviation": _HEAD
    + """
int main() {
    int n;
    cin >> n;
    vector<double> values(n);
    for (auto& value : values) cin >> value;
    double mean = accumulate(values.begin(), values.end(), 0.0) / n, squares = 0;
    for (double value : values) squares += (value - mean) * (value - mean);
    cout << fixed << setprecision(9) << mean << ' ' << sqrt(squares / n) << '\\n';
}
""",
    "order": _HEAD
    + """
int main() {
    int n, m, a, b;
    cin >> n >> m;
    vector<vector<int>> after(n + 1);
    vector<int> waits(n + 1), order;
    while (m--) {
        cin >> a >> b;
        after[a].push_back(b);
        waits[b]++;
    }
    priority_queue<int, vector<int>, greater<int>> ready;
    for (int task = 1; task <= n; task++)
        if (!waits[task]) ready.push(task);
    while (!ready.empty()) {
        int task = ready.top();
        ready.pop();
        order.push_back(task);
        for (int following : after[task])
            if (--waits[following] == 0) ready.push(following);
    }
    if ((int)order.size() < n) cout << "impossible";
    else for (int task : order) cout << task << ' ';
    cout << '\\n';
}
""",
}
"""Task -> program."""
