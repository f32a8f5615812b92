"""Starts components: each as soon as all that it waits for is ready, and says precisely which one did not come up."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from chaos.lab import cgroups, mounts, network
from chaos.lab.certificates import write_secret
from chaos.lab.component import NEVER, Component
from chaos.lab.errors import LabError
from chaos.lab.places import Place
from chaos.lab.process import launch
from chaos.lab.readiness import ready
from chaos.lab.roster import Entry, Roster
from chaos.lab.site import Site

__all__ = ["Told", "cgroup_of", "last_lines", "launch_component", "start"]

LIMIT_S = 90.0  # of one component. Source: lab runs, the slowest part (an API server) took 6 s at a load of 10
POLL_S = 0.03
SHOWN_LINES = 12
SHORT_BYTES = 128 << 20  # etcd alone takes 2 files of 64 MB at its start (server/storage/wal, SegmentSizeBytes)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

Told = Callable[[str, str], None]  # component, what is with it: `starts`, `ready`


def launch_component(site: Site, component: Component, roster: Roster) -> Entry:
    """Write a component's files, start it in its place, and enter it in the roster. The caller holds its lock."""
    for path, text in component.files.items():
        write_secret(Path(path), text.encode())
    site.folders.data(component.name).mkdir(parents=True, exist_ok=True)
    process = launch(
        (*_inside(site, site.places.place(component.place), component.own_mounts), *component.argv),
        env={"PATH": PATH, "HOME": str(site.folders.home), **component.env},
        log=site.folders.log(component.name),
        cgroup=cgroup_of(site, component.name),
        mark=str(site.folders.run),
    )
    entry = Entry(process)
    roster.put(component.name, entry)
    return entry


def cgroup_of(site: Site, component: str) -> Path | None:
    """Return the cgroup of a component. Where nodes are simulated there is none: that takes no rights at all."""
    if not site.places.switch:
        return None
    group = cgroups.home(site.cgroup) / component
    group.mkdir(exist_ok=True)
    return group


def _inside(site: Site, place: Place, own_mounts: bool) -> tuple[str, ...]:
    """Return what makes a command run in a place: in its network, on a node among its mounts, under its host name.

    Controllers sign their leases with the host name, and API servers too.
    """
    if not place.netns:
        return ()
    program, netns, end = network.within(place.netns)
    mounted = (
        (f"--mount={mounts.handle(site.folders, place.name)}",) if own_mounts and place in site.places.nodes else ()
    )
    named = ("unshare", "--uts", "sh", "-c", f'hostname {place.name} && exec "$@"', "sh")
    return ("/usr/bin/env", program, netns, *mounted, end, *named)


def start(site: Site, components: Iterable[Component], roster: Roster, told: Told, limit_s: float = LIMIT_S) -> None:
    """Start components in the order of what they wait for; names outside of `components` count as ready.

    One that runs already is not started twice. Raises LabError, with the end of its log, for one that ends by itself
    (unless the supervisor brings it back) or is not ready `limit_s` after its start.
    """
    waiting = {component.name: component for component in components}
    starting: dict[str, tuple[Component, float]] = {}
    while waiting or starting:
        for component in [c for c in waiting.values() if not any(n in waiting or n in starting for n in c.after)]:
            del waiting[component.name]
            _start_one(site, component, roster)
            starting[component.name] = (component, time.monotonic())
            told(component.name, "starts")
        for component, began_s in list(starting.values()):
            if ready(component.ready):
                del starting[component.name]
                told(component.name, "ready")
            else:
                _check(site, component, roster, time.monotonic() - began_s, limit_s)
        time.sleep(POLL_S)


def _start_one(site: Site, component: Component, roster: Roster) -> None:
    with roster.lock(component.name):
        there = roster.get(component.name)
        if (there and there.running) or (component.is_task and ready(component.ready)):
            return
        launch_component(site, component, roster)


def _check(site: Site, component: Component, roster: Roster, took_s: float, limit_s: float) -> None:
    entry = roster.get(component.name)
    # a task is looked at once more: it may have made its mark and ended since the first look
    ended = entry is not None and not entry.running and component.restart == NEVER and not ready(component.ready)
    if not ended and took_s < limit_s:
        return
    happened = "ended by itself" if ended else f"was not ready {limit_s:g} s after its start"
    log = site.folders.log(component.name)
    raise LabError(
        f"{component.name} {happened}{_full_disk(site.folders.home)}; the end of its log ({log}):\n{last_lines(log)}"
    )


def _full_disk(folder: Path) -> str:
    """Return words about a disk that is all but full: what ends because of it seldom says so in its last lines."""
    free = shutil.disk_usage(folder).free
    return f", and no space left on device: {free >> 20} MB are free at {folder}" if free < SHORT_BYTES else ""


def last_lines(path: Path, count: int = SHOWN_LINES) -> str:
    """Return the end of a log, indented, and before it the last line that speaks of an error; `(nothing)` for none."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    told = [line for line in lines[:-count] if re.search(r"panic|fatal|error", line, re.IGNORECASE)][-1:]
    return "\n".join(f"  {line}" for line in [*told, *lines[-count:]]) or "  (nothing)"
