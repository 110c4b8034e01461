"""Changes to files in Python, for `swe_problems`."""

from __future__ import annotations

from genesys.envs.sources.swe_problems_change import Change

_LRU_BEFORE = '''
"""A cache that forgets what was used least recently."""

from collections import OrderedDict


class LruCache:
    """Keeps at most `capacity` entries."""

    def __init__(self, capacity):
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self.capacity = capacity
        self._entries = OrderedDict()

    def get(self, key, default=None):
        if key not in self._entries:
            return default
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key, value):
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self.capacity:
            self._entries.popitem(last=False)

    def __contains__(self, key):
        return key in self._entries

    def __len__(self):
        return len(self._entries)
'''

_LRU_AFTER = '''
"""A cache that forgets what was used least recently, or is too old."""

import time
from collections import OrderedDict


class LruCache:
    """Keeps at most `capacity` entries, each for at most `ttl` seconds after it was put."""

    def __init__(self, capacity, ttl=None, clock=time.monotonic):
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        if ttl is not None and ttl <= 0:
            raise ValueError("ttl must be positive")
        self.capacity = capacity
        self.ttl = ttl
        self._clock = clock
        self._entries = OrderedDict()  # key -> (value, time at which it was put)

    def get(self, key, default=None):
        self._drop_expired()
        if key not in self._entries:
            return default
        self._entries.move_to_end(key)
        return self._entries[key][0]

    def put(self, key, value):
        self._drop_expired()
        self._entries[key] = (value, self._clock())
        self._entries.move_to_end(key)
        if len(self._entries) > self.capacity:
            self._entries.popitem(last=False)

    def __contains__(self, key):
        self._drop_expired()
        return key in self._entries

    def __len__(self):
        self._drop_expired()
        return len(self._entries)

    def _drop_expired(self):
        if self.ttl is None:
            return
        oldest = self._clock() - self.ttl
        for key in [key for key, (_, put) in self._entries.items() if put <= oldest]:
            del self._entries[key]
'''

_TABLE_BEFORE = '''
"""Reading small tables of comma-separated values."""


def parse_table(text):
    """Returns the rows of a table as lists of fields. Blank lines are left out."""
    rows = []
    for line in text.splitlines():
        if not line.strip():
            continue
        rows.append([field.strip() for field in line.split(",")])
    return rows


def column(text, name):
    """Returns the values below the heading `name`."""
    header, *rows = parse_table(text)
    place = header.index(name)
    return [row[place] for row in rows]
'''

_TABLE_AFTER = '''
"""Reading small tables of comma-separated values."""


def parse_table(text):
    """Returns the rows of a table as lists of fields. Blank lines are left out.

    A field in double quotes is taken as it is: commas, line breaks and spaces in it belong to it, and two
    double quotes stand for one. Spaces around fields without quotes are left out.

    Raises:
        ValueError: If a quote is never closed; it names the line on which the field begins.
    """
    rows, row, field = [], [], []
    quoted = was_quoted = False
    line = opened_on = 1
    place = 0

    def end_field():
        nonlocal field, was_quoted
        value = "".join(field)
        row.append(value if was_quoted else value.strip())
        field, was_quoted = [], False

    def end_row():
        nonlocal row
        blank = not row and not was_quoted and not "".join(field).strip()
        if not blank:
            end_field()
            rows.append(row)
        else:
            field.clear()
        row = []

    text = text.replace("\\r\\n", "\\n")
    while place < len(text):
        char = text[place]
        if quoted:
            if char == '"' and text[place + 1 : place + 2] == '"':
                field.append('"')
                place += 1
            elif char == '"':
                quoted = False
            else:
                field.append(char)
        elif char == '"' and not was_quoted and not "".join(field).strip():
            field, quoted, was_quoted, opened_on = [], True, True, line
        elif char == ",":
            end_field()
        elif char == "\\n":
            end_row()
        elif not (was_quoted and char.isspace()):
            field.append(char)
        line += char == "\\n"
        place += 1
    if quoted:
        raise ValueError(f"a quote opened on line {opened_on} is never closed")
    end_row()
    return rows


def column(text, name):
    """Returns the values below the heading `name`."""
    header, *rows = parse_table(text)
    place = header.index(name)
    return [row[place] for row in rows]
'''

PYTHON = (
    Change(
        name="lru-expiry",
        path="cache/lru.py",
        language="python",
        request="Let entries expire. The constructor gets an optional `ttl` in seconds (None, the default: never; zero or "
        "less is a ValueError) and a `clock`, by default time.monotonic. An entry is expired once at least `ttl` seconds "
        "have passed since it was put; reading it does not renew it, putting it again does. Expired entries count "
        "nowhere: not for get, `in` and len, and they never push out one that is still fresh.",
        before=_LRU_BEFORE,
        after=_LRU_AFTER,
    ),
    Change(
        name="quoted-fields",
        path="report/table.py",
        language="python",
        request="parse_table breaks on fields in double quotes. Support them without the csv module: commas, spaces and "
        "line breaks inside quotes belong to the field, two double quotes inside quotes are one, and \\r\\n ends a line "
        "as \\n does. Unquoted fields are stripped and blank lines are skipped as before. A quote that is never closed is "
        "a ValueError that names the line on which the field began.",
        before=_TABLE_BEFORE,
        after=_TABLE_AFTER,
    ),
)
"""Two changes to modules of the standard kind: expiry in a cache, quoting in a parser."""
