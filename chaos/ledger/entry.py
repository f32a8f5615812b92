"""What a ledger says: whose it is, and each deed with its state. One JSON object a line, appended, never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from chaos.deeds import Deed, deed_from
from sim.errors import RunError

__all__ = ["Entry", "Header", "State", "read_ledger"]

State = Literal["intended", "done", "undone", "failed"]
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Header:
    """Which run it is. `started`: UTC; `by`: on whose behalf.

    `binding`, `lab`: as they were given, for the words of whoever undoes; `again`: the command that makes it once more;
    `server`: the API server's address.
    """

    run: str
    scenario: str
    option: str
    seed: int
    started: str
    binding: str
    by: str = ""
    lab: str = ""
    again: str = ""
    server: str = ""

    def line(self) -> str:
        """Return the first line of a ledger."""
        return json.dumps({"format": FORMAT, **asdict(self)})


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed of one occurrence (`fault/route-flap/0`). `failed`: its undo failed, and is still owed."""

    number: int
    case: str
    deed: dict[str, Any]
    state: State
    at: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether it may still be in force: intended counts, since nobody knows how far the deed came."""
        return self.state != "undone"

    def line(self) -> str:
        """Return the line of a ledger."""
        return json.dumps(asdict(self))

    def read(self) -> Deed:
        """Return the deed. Raises RunError if a newer version wrote it."""
        try:
            return deed_from(self.deed)
        except ValueError as error:
            raise RunError(f"ledger entry {self.number}: no deed that this weatherglass knows: {error}") from error


def read_ledger(lines: Iterable[str], name: str) -> tuple[Header, dict[int, Entry]]:
    """Return header and entries (the last state of each, by number) of a ledger's lines; a torn line is left out.

    Raises RunError for what is no ledger, or has a line that is whole and still no entry: somebody has edited it.
    """
    told: list[Any] = []
    for line in lines:
        try:
            told.append(json.loads(line))
        except ValueError:
            continue  # the writer was killed within this line, or the disk was full: what it announced was not done
    if not told or not isinstance(told[0], dict) or "run" not in told[0]:
        raise RunError(f"{name}: this is no ledger: its first line names no run")
    head = dict(told[0])
    try:
        if head.pop("format", 0) > FORMAT:
            raise RunError(f"{name}: was written by a newer weatherglass; undo it with that one")
        entries = [Entry(**line) for line in told[1:]]
        return Header(**head), {int(entry.number): replace(entry, deed=dict(entry.deed)) for entry in entries}
    except (TypeError, ValueError) as error:
        raise RunError(f"{name}: this is no ledger that this weatherglass wrote: {error}") from error
