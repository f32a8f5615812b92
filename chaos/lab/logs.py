"""The log of a component: all of it, or what is added from now on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from chaos.lab.plan import components
from chaos.lab.record import Lab
from chaos.lab.supervisor import SUPERVISOR
from sim.errors import UsageError

__all__ = ["log_lines", "log_of"]

LOOK_S = 0.2


def log_of(lab: Lab, component: str) -> Path:
    """Return the log of a component. Raises UsageError for a name that is none."""
    site = lab.site()
    known = (*(each.name for each in components(site)), SUPERVISOR)
    if component not in known:
        raise UsageError(f"{component!r} is no component of lab {lab.name!r}; accepted: {', '.join(known)}")
    return site.folders.log(component)


def log_lines(path: Path, *, follow: bool = False) -> Iterator[str]:
    """Yield a log in pieces, as it stands; with `follow` go on for ever with what is added."""
    if not path.exists() and not follow:
        return
    while not path.exists():
        time.sleep(LOOK_S)
    with path.open(encoding="utf-8", errors="replace") as file:
        while True:
            if text := file.read(1 << 16):
                yield text
            elif follow:
                time.sleep(LOOK_S)
            else:
                return
