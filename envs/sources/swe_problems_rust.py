"""Changes to files in Rust, for `swe_problems`."""

from __future__ import annotations

from genesys.envs.sources.swe_problems_change import Change

_RING_BEFORE = """
//! A queue of fixed capacity.

use std::collections::VecDeque;

pub struct RingBuffer<T> {
    items: VecDeque<T>,
    capacity: usize,
}

impl<T> RingBuffer<T> {
    /// Panics if `capacity` is 0.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "capacity must not be 0");
        RingBuffer { items: VecDeque::with_capacity(capacity), capacity }
    }

    /// Adds an item at the end. Returns false, and drops the item, if the buffer is full.
    pub fn push(&mut self, item: T) -> bool {
        if self.items.len() == self.capacity {
            return false;
        }
        self.items.push_back(item);
        true
    }

    /// Takes the oldest item.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop_front()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
"""

_RING_AFTER = """
//! A queue of fixed capacity that makes room by giving up its oldest items.

use std::collections::VecDeque;

pub struct RingBuffer<T> {
    items: VecDeque<T>,
    capacity: usize,
}

impl<T> RingBuffer<T> {
    /// Panics if `capacity` is 0.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "capacity must not be 0");
        RingBuffer { items: VecDeque::with_capacity(capacity), capacity }
    }

    /// Adds an item at the end. Returns the oldest item if it had to make room, else None.
    pub fn push(&mut self, item: T) -> Option<T> {
        let evicted = if self.items.len() == self.capacity { self.items.pop_front() } else { None };
        self.items.push_back(item);
        evicted
    }

    /// Takes the oldest item.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop_front()
    }

    /// The items from the oldest to the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + '_ {
        self.items.iter()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
"""

_SPAN_BEFORE = """
//! Times as people write them in configuration files.

/// Reads "90s", "5m" or "2h" as seconds.
pub fn parse_span(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    match unit {
        's' => Some(number),
        'm' => Some(number * 60),
        'h' => Some(number * 3600),
        _ => None,
    }
}
"""

_SPAN_AFTER = """
//! Times as people write them in configuration files.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanError {
    /// There is nothing to read.
    Empty,
    /// A unit is missing its number, or a number its unit.
    Incomplete,
    /// A character that is no unit.
    UnknownUnit(char),
    /// A unit that comes twice or after a smaller one.
    OutOfOrder(char),
    /// More seconds than a u64 holds.
    TooLarge,
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpanError::Empty => write!(f, "the time is empty"),
            SpanError::Incomplete => write!(f, "a number needs a unit and a unit a number"),
            SpanError::UnknownUnit(unit) => write!(f, "unknown unit {unit:?}: use h, m or s"),
            SpanError::OutOfOrder(unit) => write!(f, "unit {unit:?} comes twice or too late"),
            SpanError::TooLarge => write!(f, "the time is too large"),
        }
    }
}

impl std::error::Error for SpanError {}

/// Reads "90s", "5m", "1h30m" or "2h0m5s" as seconds. Units come from the largest to the smallest, each at most once.
pub fn parse_span(text: &str) -> Result<u64, SpanError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(SpanError::Empty);
    }
    let mut total: u64 = 0;
    let mut last_size = u64::MAX;
    let mut digits = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let size = match c {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return Err(SpanError::UnknownUnit(c)),
        };
        if digits.is_empty() {
            return Err(SpanError::Incomplete);
        }
        if size >= last_size {
            return Err(SpanError::OutOfOrder(c));
        }
        let number: u64 = digits.parse().map_err(|_| SpanError::TooLarge)?;
        let seconds = number.checked_mul(size).ok_or(SpanError::TooLarge)?;
        total = total.checked_add(seconds).ok_or(SpanError::TooLarge)?;
        last_size = size;
        digits.clear();
    }
    if digits.is_empty() {
        Ok(total)
    } else {
        Err(SpanError::Incomplete)
    }
}
"""

RUST = (
    Change(
        name="ring-overwrite",
        path="src/ring_buffer.rs",
        language="rust",
        request="A full buffer should keep the newest items instead of refusing them: push makes room by giving up the "
        "oldest item and returns it as Some, or None if there was room. Add iter(), over references from the oldest to the "
        "newest item, which can also be walked backwards.",
        before=_RING_BEFORE,
        after=_RING_AFTER,
    ),
    Change(
        name="compound-spans",
        path="src/span.rs",
        language="rust",
        request='parse_span should read compound times such as "1h30m" and "2h0m5s": units from the largest to the '
        "smallest, each at most once, each with a number of ASCII digits in front. Return a Result with a public error "
        "enum SpanError: Empty; Incomplete for a number without unit or a unit without number; UnknownUnit(char); "
        "OutOfOrder(char) for a unit that comes twice or after a smaller one; TooLarge instead of an overflow. The error "
        "implements Display and std::error::Error, and can be compared.",
        before=_SPAN_BEFORE,
        after=_SPAN_AFTER,
    ),
)
"""Two changes: a buffer that overwrites, a parser with an error type."""
