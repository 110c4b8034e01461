import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pyarrow.parquet as pq
import pytest

from genesys.curation.builders import Build, BuildOptions
from genesys.curation.builders.html_markdown import markdown_of
from genesys.curation.builders.stackexchange_posts import read_posts
from genesys.envs.sources import open_problems
from genesys.errors import DataError
from genesys.rewards import Grader
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling

WHY = "<p>Why is the daytime sky blue, and not violet, if violet light is scattered even more?</p>"
BECAUSE = (
    "<p>Scattering grows as $\\lambda^{-4}$, so violet is scattered most. The sun emits less of it, the upper "
    "atmosphere absorbs part of it, and our eyes respond more to blue.</p>"
)


@pytest.fixture
def grader() -> Iterator[Grader]:
    grader = Grader()
    yield grader
    grader.close()


def question(
    number: int, title: str = "Why is the sky blue?", body: str = WHY, **more: Any
) -> dict[str, Any]:
    return {"Id": number, "PostTypeId": 1, "Score": 5, "Title": title, "Body": body, "Tags": "<optics>",
            "CreationDate": "2015-01-01T00:00:00", "OwnerUserId": 1, **more}  # fmt: skip


def answer(number: int, parent: int, score: int, body: str = BECAUSE, **more: Any) -> dict[str, Any]:
    return {"Id": number, "PostTypeId": 2, "ParentId": parent, "Score": score, "Body": body,
            "CreationDate": "2019-01-01T00:00:00", "OwnerUserId": 2, **more}  # fmt: skip


def dump(path: Path, *posts: dict[str, Any]) -> Path:
    rows = (" ".join(f"{name}={quoteattr(str(value))}" for name, value in post.items()) for post in posts)
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'
        + "".join(f"<row {row} />\n" for row in rows)
        + "</posts>"
    )
    return path


def test_the_most_upvoted_answer_is_the_gold_wherever_it_stands(tmp_path: Path) -> None:
    path = dump(
        tmp_path / "Posts.xml",
        answer(3, 1, 40, "<p>early</p>"), question(1), answer(4, 1, 41, "<p>best</p>"), answer(5, 1, 41, "<p>tie</p>"),
        answer(6, 1, -2), question(2),
    )  # fmt: skip
    first, second = read_posts(path, "physics.stackexchange.com")
    assert first.answer is not None
    assert (first.answer.html, first.answer.score, first.answers) == ("<p>best</p>", 41, 4)
    assert first.tags == ("optics",)
    assert first.url == "https://physics.stackexchange.com/questions/1"
    assert second.answer is None


def test_a_cut_dump_is_named(tmp_path: Path) -> None:
    path = dump(tmp_path / "Posts.xml", question(1))
    path.write_text(path.read_text()[:-20])
    with pytest.raises(DataError, match="damaged"):
        list(read_posts(path, "site"))


def test_a_problem_carries_its_votes_its_address_and_its_licence(tmp_path: Path, grader: Grader) -> None:
    folder = tmp_path / "physics.stackexchange.com"
    folder.mkdir()
    dump(folder / "Posts.xml", question(1), answer(2, 1, 9))
    Build(builder="stem", sources=[folder], options=BuildOptions(llm=False)).run(tmp_path / "out", grader)
    (file,) = (tmp_path / "out" / "problems").glob("*.parquet")
    (problem,) = open_problems(file)
    assert problem.prompt.startswith("Why is the sky blue?\n\nWhy is the daytime sky blue")
    assert problem.gold_standard_solution is not None
    assert "$\\lambda^{-4}$" in problem.gold_standard_solution
    assert problem.metadata["licence"] == "CC BY-SA 4.0"  # of the later post
    assert problem.metadata["authors"] == ["1", "2"]
    assert problem.metadata["answer_score"] == 9


@pytest.mark.parametrize(
    ("asked", "given", "reason"),
    [
        (question(1), answer(2, 1, 1), "few_votes"),
        (question(1, ClosedDate="2016-01-01"), answer(2, 1, 9), "closed"),
        (question(1, Tags="<big-list>"), answer(2, 1, 9), "list"),
        (question(1, title="What are some good problems in optics?"), answer(2, 1, 9), "list"),
        (question(1, title="What is your favourite proof?"), answer(2, 1, 9), "opinion"),
        (question(1, title="Should I learn optics first?"), answer(2, 1, 9), "opinion"),
        (question(1, title="What is the name of this effect?"), answer(2, 1, 9), "recall"),
        (question(1, Tags="<reference-request>"), answer(2, 1, 9), "recall"),
        (question(1, title="Which lens is in the latest version?"), answer(2, 1, 9), "outdated"),
        (question(1, body=WHY + '<img src="a.png">'), answer(2, 1, 9), "figure"),
        (question(1), answer(2, 1, 9, '<p>See <a href="http://a.example/b">this page</a>.</p>'), "link_only"),
        (question(1), answer(2, 1, 9, BECAUSE + "<p>@Ann is right in the comments.</p>"), "refers_elsewhere"),
        (question(1), answer(2, 1, 9, "<p>It just is.</p>"), "short"),
        (question(1), answer(2, 1, 9, BECAUSE * 60), "long"),
    ],
)
def test_questions_without_one_comparable_answer_are_dropped(
    tmp_path: Path, grader: Grader, asked: dict[str, Any], given: dict[str, Any], reason: str
) -> None:
    path = dump(
        tmp_path / "Posts.xml", asked, given, question(7, body=WHY + "<p>Once more.</p>"), answer(8, 7, 9)
    )
    Build(builder="stem", sources=[path], options=BuildOptions(llm=False)).run(tmp_path / "out", grader)
    (rejected,) = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    assert rejected["reason"] == reason


def test_a_reviewer_may_drop_what_rules_keep(tmp_path: Path, grader: Grader) -> None:
    path = dump(
        tmp_path / "Posts.xml",
        *[post for n in (10, 20, 30) for post in (question(n, body=f"{WHY}<p>{n}</p>"), answer(n + 1, n, 9))],
    )
    replies = {
        10: ['{"verdict": "keep", "reason": "an explanation"}'],
        20: ['Hm. {"verdict": "Opinion", "reason": "taste"}'],
        30: ['{"verdict": "splendid"}', "keep", "{}"],
    }
    lines = [
        {"problem_id": f"stackexchange-{n}", "text": text} for n, texts in replies.items() for text in texts
    ]
    model = tmp_path / "model.jsonl"
    model.write_text("".join(json.dumps(line) + "\n" for line in lines))
    sampling = SamplerSettings(
        name="recording", model=str(model), sampling=Sampling(), options={"label": "m"}
    )
    report = Build(builder="stem", sources=[path], sampling=sampling).run(tmp_path / "out", grader)
    dropped = {reason: count for stage in report.stages for reason, count in stage.dropped.items()}
    assert (report.problems, dropped) == (1, {"review:opinion": 1, "review:malformed_reply": 1})


def test_rows_of_preference_dumps_are_read(tmp_path: Path, grader: Grader) -> None:
    row = {
        "qid": 77, "question": WHY, "metadata": ["https://physics.stackexchange.com/questions/77", "x"],
        "answers": [
            {"answer_id": 1, "pm_score": 3, "text": BECAUSE, "author": "Ann"},
            {"answer_id": 2, "pm_score": 7, "text": BECAUSE.replace("Scattering", "Rayleigh scattering"), "author": "B"},
        ],
    }  # fmt: skip
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    options = BuildOptions(llm=False)
    Build(builder="stem", sources=[tmp_path / "rows.jsonl"], options=options).run(tmp_path / "out", grader)
    (problem,) = pq.read_table(tmp_path / "out" / "problems").to_pylist()
    assert problem["source"] == "physics.stackexchange.com"
    assert problem["gold_standard_solution"].startswith("Rayleigh")


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Let $a_1 &lt; b^*$ and $$x\n= y$$</p>", "Let $a_1 < b^*$ and $$x\n= y$$"),
        ("<p>\\begin{align}a &amp;= b \\\\\nc\\end{align}</p>", "\\begin{align}a &= b \\\\\nc\\end{align}"),
        ("<pre><code>echo $HOME $PATH\n</code></pre>", "```\necho $HOME $PATH\n```"),
        ("<p>costs $5 and <em>not</em> $6</p>", "costs $5 and *not* $6"),
        ("<ul><li>one</li><li>two</li></ul>", "* one\n* two"),
        ('<p><a href="http://a.b/c">here</a></p>', "[here](http://a.b/c)"),
    ],
)
def test_markdown_keeps_formulas_and_code(html: str, markdown: str) -> None:
    assert markdown_of(html) == markdown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "common"),
    [
        ("stackexchange_posts_xml", "stackexchange_posts.jsonl.gz"),
        ("stackexchange_threads", "stackexchange_threads.jsonl.gz"),
    ],
)
def test_real_threads_end_with_their_most_upvoted_answer(
    shared: Path, tmp_path: Path, grader: Grader, source: str, common: str
) -> None:
    real = shared / "data" / "real"
    with gzip.open(real / "common" / common, "rt") as file:
        votes = {row["in_source_id"]: row["metadata"]["answer_score"] for row in map(json.loads, file)}
    options = BuildOptions(llm=False)
    report = Build(builder="stem", sources=[real / "raw" / "qa" / source], options=options).run(
        tmp_path / "out", grader
    )
    rows = pq.read_table(tmp_path / "out" / "problems").to_pylist()
    assert len(rows) == report.problems >= 50
    for row in rows:
        assert json.loads(row["metadata"])["answer_score"] == votes[row["in_source_id"]]
