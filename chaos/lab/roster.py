"""The processes of a lab, by component, as they were last started: one small file each."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chaos.lab.process import Process, alive
from chaos.lab.whole import write_whole

__all__ = ["Entry", "Roster"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A component's last process, whether it is meant to run (a stopped one is not started again), and why not."""

    process: Process
    wanted: bool = True
    how: str = ""  # how it was stopped: a key of `control.WAYS`

    @property
    def running(self) -> bool:
        """Return whether this very process still runs."""
        return alive(self.process)


class Roster:
    """The files of one lab. Who changes a component holds its lock, so that supervisor and commands take turns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def lock(self, component: str) -> Iterator[None]:
        """Hold the lock of a component."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"{component}.lock").open("w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def get(self, component: str) -> Entry | None:
        """Return a component's entry, None before its first start."""
        try:
            data: dict[str, Any] = json.loads((self._folder / f"{component}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Entry(Process(**data.pop("process")), **data)

    def put(self, component: str, entry: Entry) -> None:
        """Write a component's entry; readers see the old one or the new one."""
        write_whole(self._folder / f"{component}.json", json.dumps(asdict(entry)))
