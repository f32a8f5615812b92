"""What a lab is doing: every component with its process, its health and since when."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from chaos.lab.component import Component
from chaos.lab.network import is_cut
from chaos.lab.plan import components
from chaos.lab.readiness import ready
from chaos.lab.record import Lab
from chaos.lab.roster import Entry
from chaos.lab.supervisor import SUPERVISOR

__all__ = ["ComponentStatus", "LabStatus", "status"]

AT_ONCE = 16  # probes; each waits at most a second


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """A component: `health` is ok, failing (no answer), stopped, frozen, ended (by itself) or done (a task)."""

    name: str
    kind: str
    place: str
    pid: int | None
    health: str
    since: str | None  # RFC 3339, UTC


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A lab: where its files are, its shape, its components, and which places are cut off."""

    name: str
    kubeconfig: str
    binding: str
    shape: dict[str, Any]
    components: tuple[ComponentStatus, ...]
    cut: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def status(lab: Lab) -> LabStatus:
    """Return how a lab is now. Raises NoSuchLab if there is none of that name."""
    site = lab.site()
    chosen = components(site)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = tuple(pool.map(lambda component: _status(component, lab.roster.get(component.name)), chosen))
    watcher = lab.roster.get(SUPERVISOR)
    runs = watcher is not None and watcher.running
    own = ComponentStatus(SUPERVISOR, SUPERVISOR, "host", *_process(watcher, "ok" if runs else "ended"))
    return LabStatus(
        lab.name,
        str(site.folders.kubeconfig),
        str(site.folders.binding),
        asdict(site.shape),
        (*rows, own),
        tuple(place.name for place in site.places.all if site.places.switch and is_cut(site.places, place.name)),
    )


def _status(component: Component, entry: Entry | None) -> ComponentStatus:
    return ComponentStatus(component.name, component.kind, component.place, *_process(entry, _health(component, entry)))


def _health(component: Component, entry: Entry | None) -> str:
    if entry is None:
        return "stopped"
    if component.is_task and ready(component.ready):
        return "done"
    if not entry.wanted:
        return "frozen" if entry.how == "freeze" and entry.running else "stopped"
    if not entry.running:
        return "ended"
    return "ok" if ready(component.ready) else "failing"


def _process(entry: Entry | None, health: str) -> tuple[int | None, str, str | None]:
    if entry is None or not entry.running:
        return None, health, None
    began = datetime.fromtimestamp(time.time() - entry.process.age_s, UTC)
    return entry.process.pid, health, began.isoformat(timespec="seconds")
