"""Stack Exchange's data dump: Posts.xml, streamed.

    <row Id="7" PostTypeId="1" Score="12" Title="..." Body="&lt;p&gt;..." Tags="&lt;optics&gt;" .../>
    <row Id="9" PostTypeId="2" ParentId="7" Score="31" Body="..." OwnerUserId="4" .../>

Answers come anywhere after (or before) their question: the best one of each waits in a temporary SQLite file,
so that memory does not grow with the dump.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from genesys.curation.builders.thread import Post, Thread
from genesys.errors import DataError, StorageError

_QUESTION, _ANSWER = "1", "2"
_TAG = re.compile(r"<([^<>]+)>|\|([^|]+)(?=\|)")

_TABLES = """
CREATE TABLE question (id INTEGER PRIMARY KEY, score INTEGER, title TEXT, body TEXT, tags TEXT, date TEXT,
    owner TEXT, accepted INTEGER, closed TEXT);
CREATE TABLE best (parent INTEGER PRIMARY KEY, id INTEGER, score INTEGER, body TEXT, date TEXT, owner TEXT,
    answers INTEGER);
"""
# Of equally many votes the accepted answer is not known yet: the earlier one stays.
_BEST = """
INSERT INTO best VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT (parent) DO UPDATE SET
    answers = answers + 1,
    body = iif(excluded.score > score, excluded.body, body),
    date = iif(excluded.score > score, excluded.date, date),
    owner = iif(excluded.score > score, excluded.owner, owner),
    id = iif(excluded.score > score, excluded.id, id),
    score = max(score, excluded.score)
"""
_JOINED = """
SELECT question.id, question.score, title, question.body, tags, question.date, question.owner, closed,
    best.id, best.score, best.body, best.date, best.owner, coalesce(answers, 0)
FROM question LEFT JOIN best ON best.parent = question.id ORDER BY question.id
"""


def read_posts(path: Path, site: str) -> Iterator[Thread]:
    """The questions of a dump, each with its most upvoted answer, in the order of their ids.

    The temporary file takes about half the dump's size, where TMPDIR says.

    Args:
        path: Posts.xml.
        site: Such as "physics.stackexchange.com"; part of urls and ids.

    Raises:
        DataError: If the file is no such dump, or damaged.
    """
    with TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder) / "posts.sqlite", isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = OFF")
            db.executescript(_TABLES)
            db.execute("BEGIN")
            _load(db, path)
            for row in db.execute(_JOINED):
                yield _thread(row, site)
        finally:
            db.close()


def _load(db: sqlite3.Connection, path: Path) -> None:
    try:
        parser = ElementTree.iterparse(path, events=("start", "end"))
        _, root = next(parser)
        if root.tag != "posts":
            raise DataError(f"{path} is no Posts.xml of a data dump: its root is <{root.tag}>")
        for event, element in parser:
            if event == "end" and element.tag == "row":
                _store(db, element.attrib)
                root.clear()
    except (ElementTree.ParseError, StopIteration) as error:  # entities that multiply end here too
        raise DataError(f"{path} is damaged: {error}", "Fetch the dump again.") from None
    except (KeyError, ValueError, sqlite3.IntegrityError) as error:
        raise DataError(f"{path} is no Posts.xml of a data dump: {error}") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error}") from None
    except sqlite3.Error as error:
        raise StorageError(
            f"cannot hold the posts of {path}: {error}", "Free the disk, or set TMPDIR."
        ) from None


def _store(db: sqlite3.Connection, row: Mapping[str, str]) -> None:
    kind, body = row.get("PostTypeId"), row.get("Body", "")
    score, date, owner = int(row.get("Score", 0)), row.get("CreationDate", ""), row.get("OwnerUserId")
    if kind == _QUESTION:
        closed = row.get("ClosedDate")
        values = (row["Id"], score, row.get("Title", ""), body, row.get("Tags", ""), date, owner)
        db.execute(
            "INSERT OR REPLACE INTO question VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, row.get("AcceptedAnswerId"), closed),
        )
    elif kind == _ANSWER and row.get("ParentId"):
        db.execute(_BEST, (row["ParentId"], row["Id"], score, body, date, owner))


def _thread(row: tuple[object, ...], site: str) -> Thread:
    number, score, title, body, tags, date, owner, closed, *best, answers = row
    answer = None
    if best[0] is not None:
        answer = Post(
            id=str(best[0]),
            score=int(str(best[1])),
            html=str(best[2]),
            date=str(best[3]),
            owner=_text(best[4]),
        )
    return Thread(
        site=site,
        title=str(title),
        tags=tuple(first or second for first, second in _TAG.findall(str(tags))),
        question=Post(
            id=str(number), score=int(str(score)), html=str(body), date=str(date), owner=_text(owner)
        ),
        answer=answer,
        answers=int(str(answers)),
        closed=closed is not None,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
