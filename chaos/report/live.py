"""What a run shows while it goes on, drawn from the runner's `Progress` values: on standard error, never on output.

A terminal gets a view that is redrawn in place; anything else one line for each phase and each step of a fault, and
silence while nothing changes. Times are UTC and seconds of the run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from chaos.report.lines import Lines

if TYPE_CHECKING:
    from chaos.report.drawn import Asked
    from chaos.report.progress import Progress

__all__ = ["live"]

Show = Callable[["Progress"], None]
PER_S = 4  # assumption: redrawn as often as a person can read a number that changes


@contextmanager
def live(asked: Mapping[str, Asked], file: IO[str] | None = None) -> Iterator[Show]:
    """Yield what takes a run's progress and shows it on `file` (else standard error). `asked`: by probe, its bound."""
    file = file or sys.stderr
    if not file.isatty() or os.environ.get("TERM") == "dumb":
        yield Lines(file).show
        return
    from rich.console import Console
    from rich.live import Live

    from chaos.report.drawn import drawn

    console = Console(file=file, highlight=False, emoji=False, markup=False)  # NO_COLOR is rich's to heed
    with Live(console=console, refresh_per_second=PER_S, transient=True) as view:
        yield lambda progress: view.update(drawn(progress, asked))
