"""What exists because of a lab: written down, and on disk, before it is made.

So whatever kills us, and whenever, the ledger names at least what there is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Thing", "read", "write"]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to be removed again. `kind`: a key of `leftovers.KINDS`; `name`: which one."""

    kind: str
    name: str


def write(path: Path, things: Iterable[Thing]) -> None:
    """Add things to a ledger; when this returns they are on disk. Raises OSError if the disk is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(asdict(thing)) + "\n" for thing in things))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> tuple[Thing, ...]:
    """Return the things of a ledger, each once, in the order of their first line; without a file, none.

    A last line that a crash cut short is skipped: what it would have named was not made yet.
    """
    if not path.exists():
        return ()
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]  # what follows the last line's end is no line
    return tuple(dict.fromkeys(Thing(**json.loads(line)) for line in lines))
