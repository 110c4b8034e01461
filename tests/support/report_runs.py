"""Rows of a run for reports, with a completion that tries to get out of the page."""

from __future__ import annotations

from curation_runs import OUTPUT, Row, problem, verdict

EVIL = (
    "<script>document.title='taken'</script><img src=x onerror=alert(1)></details></body>"
    "<svg onload=alert(2)>&lt;b&gt;</style><iframe src=javascript:alert(3)>\x1b[31m\x00\u202e"
)


def rows(*, evil: bool = False) -> list[Row]:
    sources = [problem(f"p{number}", source=f"s{number % 2}", level=number % 3) for number in range(6)]
    made = [
        Row(
            problem=one,
            index=index,
            verdicts=[verdict(float(index == 0)), verdict(1.0, verifier="math-verify@1")],
            text=f"<think>{'so ' * 30}</think>\\boxed{{{index}}}",
            tokens=100 * (index + 1),
        )
        for one in sources
        for index in range(3)
    ]
    made.append(Row(problem=problem("bad"), verdicts=[verdict(None, "bad_gold")]))
    made.append(
        Row(
            problem=problem("cut"),
            finish_reason="length",
            verdicts=[verdict(0.0, "truncated")],
            text="<think>",
        )
    )
    if evil:
        poisoned = problem("evil" + EVIL[:40], OUTPUT, EVIL, prompt=EVIL, source=f"source{EVIL}", level=EVIL)
        made.append(
            Row(
                problem=poisoned,
                text=f"<think>{EVIL}</think>{EVIL}",
                verdicts=[verdict(1.0, verifier="output@1")],
            )
        )
        made.append(Row(problem=poisoned, index=1, text=EVIL, verdicts=[verdict(0.0, verifier="output@1")]))
    return made
