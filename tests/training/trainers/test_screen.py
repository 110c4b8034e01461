"""Curves in characters and as pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from genesys.cli.training_screen import terminal_curve
from genesys.training.trainers.curve import append_point, point_of, read_curve, series, write_curve
from genesys.training.trainers.picture import draw

POINTS = [
    {"step": step, "reward": step / 10, "held_out": 0.5 if step in (0, 9) else None} for step in range(10)
]


def test_a_rising_curve_rises_from_left_to_right() -> None:
    drawn = terminal_curve({"reward": series(POINTS, "reward")}, width=20, height=5).plain.splitlines()
    rows = [line[9:29] for line in drawn[:5]]
    places = [min(column for column, dot in enumerate(row) if dot != "⠀") for row in rows]
    assert places == sorted(places, reverse=True)
    assert drawn[0].split()[0] == "0.9"
    assert drawn[4].split()[0] == "0"


@pytest.mark.parametrize("values", [[], [(1, 0.5)], [(1, 0.5), (2, 0.5)], [(1, float("nan")), (2, 1.0)]])
def test_odd_curves_are_drawn(values: list[tuple[float, float]]) -> None:
    assert terminal_curve({"odd": values}).plain


def test_a_picture_is_drawn_where_there_is_something_to_draw(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert draw(tmp_path / "curve.svg", {"grpo": POINTS}, title="a title")
    assert "<!-- a title -->" in (tmp_path / "curve.svg").read_text()
    assert not draw(tmp_path / "none.svg", {"grpo": [{"step": 1}]}, title="nothing")
    assert not (tmp_path / "none.svg").exists()


def test_a_curve_is_read_as_it_was_written_but_for_a_torn_end(tmp_path: Path) -> None:
    path = tmp_path / "curve.jsonl"
    write_curve(path, [{"step": 1, "reward": 0.1}])
    append_point(path, point_of({"loss": float("nan"), "eval_reward": 0.5, "table": [1]}, 2, "eval_reward"))
    with path.open("a") as file:
        file.write('{"step": 3, "rew')
    assert read_curve(path) == [
        {"step": 1, "reward": 0.1},
        {"step": 2, "loss": None, "eval_reward": 0.5, "held_out": 0.5},
    ]
