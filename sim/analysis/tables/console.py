"""Where tables go, and how they look there."""

from __future__ import annotations

from typing import IO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.analysis.answers import VerdictWord

__all__ = ["VERDICT_STYLES", "plain_table", "result_console", "verdict_text"]

NARROWEST, WIDEST = 80, 100  # columns; in less, cells would be cut off, and a number that is cut off is wrong
VERDICT_STYLES: dict[VerdictWord, str] = {"held": "bold green", "broken": "bold red", "undecided": "bold yellow"}


def result_console(file: IO[str] | None = None, widest: int = WIDEST) -> Console:
    """Return a console for results: standard output unless a file is given, 80 to `widest` columns.

    Colours only on a terminal and without NO_COLOR (rich sees to that); a pipe gets all of `widest`.
    """
    console = Console(file=file, highlight=False, soft_wrap=False, emoji=False, markup=False)
    console.width = min(max(console.width, NARROWEST), widest) if console.is_terminal else widest
    return console


def plain_table(title: str = "") -> Table:
    """Return an empty table in the house's style: a rule under the head, no frame, title on the left."""
    return Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def verdict_text(word: VerdictWord, before: str = "") -> Text:
    """Return the word in its colour, after some plain text."""
    return Text.assemble(f"{before} " if before else "", (word, VERDICT_STYLES[word]))
