"""Changes to files in C++, for `swe_problems`."""

from __future__ import annotations

from genesys.envs.sources.swe_problems_change import Change

_QUEUE_BEFORE = """
#pragma once

#include <deque>
#include <utility>

// A queue between the parts of one thread.
template <typename T>
class EventQueue {
 public:
  void push(T event) { events_.push_back(std::move(event)); }

  // Takes the oldest event into `out`. Returns false if there is none.
  bool pop(T& out) {
    if (events_.empty()) return false;
    out = std::move(events_.front());
    events_.pop_front();
    return true;
  }

  std::size_t size() const { return events_.size(); }

 private:
  std::deque<T> events_;
};
"""

_QUEUE_AFTER = """
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

// A queue between threads. Any number of them may push and pop.
template <typename T>
class EventQueue {
 public:
  // Returns false, and drops the event, if the queue is closed.
  bool push(T event) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (closed_) return false;
      events_.push_back(std::move(event));
    }
    changed_.notify_one();
    return true;
  }

  // Takes the oldest event into `out`, waiting for one for at most `timeout`. Returns false if none came in
  // that time, or at once if the queue is closed and empty.
  template <typename Rep, typename Period>
  bool pop(T& out, std::chrono::duration<Rep, Period> timeout) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return closed_ || !events_.empty(); });
    if (events_.empty()) return false;
    out = std::move(events_.front());
    events_.pop_front();
    return true;
  }

  // Refuses further events and wakes all who wait; events that are there can still be taken.
  void close() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

  std::size_t size() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return events_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> events_;
  bool closed_ = false;
};
"""

_SPLIT_BEFORE = """
#pragma once

#include <sstream>
#include <string>
#include <vector>

// Splits a text at a character. Empty fields are left out.
inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream(text);
  std::string field;
  while (std::getline(stream, field, separator)) {
    if (!field.empty()) fields.push_back(field);
  }
  return fields;
}
"""

_SPLIT_AFTER = """
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

enum class Empty { skip, keep };

// Splits a text at every occurrence of a separator, from left to right.
//
// Empty fields are left out, or kept with Empty::keep: then a text with n separators has n + 1 fields. There
// are at most `limit` fields (0: no limit), of which the last is the rest of the text, separators included.
// Throws std::invalid_argument if the separator is empty.
inline std::vector<std::string> split(std::string_view text, std::string_view separator,
                                      Empty empty = Empty::skip, std::size_t limit = 0) {
  if (separator.empty()) throw std::invalid_argument("split: the separator is empty");
  std::vector<std::string> fields;
  while (true) {
    const bool last = limit != 0 && fields.size() + 1 == limit;
    const std::size_t end = last ? std::string_view::npos : text.find(separator);
    const std::string_view field = text.substr(0, end);
    if (!field.empty() || empty == Empty::keep) fields.emplace_back(field);
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + separator.size());
  }
}

inline std::vector<std::string> split(std::string_view text, char separator, Empty empty = Empty::skip,
                                      std::size_t limit = 0) {
  return split(text, std::string_view(&separator, 1), empty, limit);
}
"""

CPP = (
    Change(
        name="thread-safe-queue",
        path="include/event_queue.hpp",
        language="cpp",
        request="Make EventQueue safe for several producers and consumers. pop(out, timeout) waits up to a "
        "std::chrono::duration for an event and returns false if none came. Add close(): push then returns false and "
        "drops the event (it returns true otherwise), waiting consumers wake up, events that are still there can be "
        "taken, and pop on a closed and empty queue returns false at once.",
        before=_QUEUE_BEFORE,
        after=_QUEUE_AFTER,
    ),
    Change(
        name="split-options",
        path="src/split.hpp",
        language="cpp",
        request="split should also take separators of several characters, keep empty fields when asked with "
        "Empty::keep (an enum class with skip, the default, and keep; a text with n separators then has n + 1 fields, and "
        "the empty text one), and a limit: at most so many fields, of which the last is the rest of the text, separators "
        "included; 0 is no limit. An empty separator is a std::invalid_argument. Calls with one char work as before.",
        before=_SPLIT_BEFORE,
        after=_SPLIT_AFTER,
    ),
)
"""Two changes to headers: a queue for threads, options for split."""
