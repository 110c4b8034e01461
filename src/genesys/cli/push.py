"""`genesys push`: a dataset goes to the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from genesys.cli.console import print_json, stderr, stdout, table
from genesys.cli.options import Json

if TYPE_CHECKING:
    from genesys.curation.pushing import PushPlan


def push(
    dataset: Annotated[Path, typer.Argument(help="A folder that `genesys curate` wrote.")],
    to: Annotated[
        str, typer.Option("--to", metavar="OWNER/NAME", help="The repository; made where there is none.")
    ],
    private: Annotated[bool, typer.Option("--private", help="Only its owners see it.")] = False,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence", help='Under which licence you publish it, in the hub\'s names: "cc-by-4.0".'
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be uploaded; asks no server.")
    ] = False,
    json: Json = False,
) -> None:
    """Put a dataset on the Hugging Face hub, with its card and its configs.

    The card must state the licences of all sources, or you name one with --licence. Files that were changed since
    the dataset was made are refused; the card may be edited. After an interruption, the same command goes on.
    Shards of an earlier dataset in that repository are deleted. HF_ENDPOINT names another hub.

        genesys push data/first --to me/first --licence cc-by-4.0 --dry-run
        hf auth login && genesys push data/first --to me/first --licence cc-by-4.0
    """
    from genesys.curation.pushing import plan_push
    from genesys.curation.pushing import push as upload

    with stderr.status("checking the files") as status:
        plan = plan_push(dataset, to, private=private, licence=licence)
        url = None if dry_run else upload(plan, status.update)
    if json:
        print_json({**plan.to_json(), "dry_run": dry_run, "url": url})
        return
    if dry_run:
        show(plan)
    stderr.print(
        "dry run: nothing was uploaded" if url is None else url, highlight=False, markup=False, soft_wrap=True
    )


def show(plan: PushPlan) -> None:
    """Says what a push would do."""
    kind = "private" if plan.private else "public"
    files = [(file.path, file.rows or "", _size(file.size)) for file in plan.files]
    stdout.print(
        table(
            f"to {plan.repo}, {kind}: {len(plan.files):,} files, {_size(plan.size)}",
            ("file", "rows", "size"),
            files,
        )
    )
    stdout.print()
    configs = [
        (name, rows, "" if rows else "datasets refuses to load a config without rows")
        for name, rows in plan.configs.items()
    ]
    stdout.print(table("configs", ("config", "rows", ""), configs))
    if plan.left_out:
        stdout.print(
            Text(f"not part of the dataset, and left here: {', '.join(plan.left_out)}"), soft_wrap=True
        )
    stdout.print()
    stdout.print(Text("card", style="italic"))
    stdout.print(Text(plan.card, style="dim"))


def _size(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
