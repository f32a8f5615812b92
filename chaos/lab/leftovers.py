"""Everything that a lab leaves on a machine, kind by kind: how to see it, how to remove it, what a person would type.

Names carry the lab's name, so that a sweep finds what no ledger knows, and never touches another lab.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from chaos.lab import cgroups, mounts, network, process
from chaos.lab.errors import LabError
from chaos.lab.invoke import invoke
from chaos.lab.ledger import Thing
from chaos.lab.places import Places
from chaos.lab.register import Register
from chaos.lab.site import Folders

__all__ = ["KINDS", "LIMIT_S", "Kind", "everything", "in_order", "remove", "what_to_type"]

NETNS = Path("/run/netns")
LIMIT_S, POLL_S = 10.0, 0.02  # assumption: what the kernel has not let go of after 10 s it will not


class Kind(NamedTuple):
    """One kind of thing: `find` names what is there of it now, `remove` takes one away, `command` does it by hand."""

    find: Callable[[str], list[str]]
    remove: Callable[[str], object]
    command: str


def everything(folders: Folders, places: Places | None, cgroup: str, claim: str) -> tuple[Thing, ...]:
    """Return what a lab may have made. Without `places` (a crash came before they were chosen): no network yet."""
    run = str(folders.run)
    names: dict[str, tuple[str, ...]] = {
        "members": (cgroup,),
        "link": (cgroup,),
        "processes": (run,),
        "mounts": (run,),
        "cgroup": (cgroup,),
        "folder": (run, str(folders.home)),
        "claim": (claim,),
    }
    if places is not None and places.switch:
        names["namespace"] = network.namespaces(places)
    return in_order(Thing(kind, each) for kind, every in names.items() for each in every)


def in_order(things: Iterable[Thing]) -> tuple[Thing, ...]:
    """Return things, each once, in the order in which they are to be removed."""
    order = list(KINDS)
    return tuple(sorted(dict.fromkeys(things), key=lambda thing: order.index(thing.kind)))


def remove(thing: Thing, limit_s: float = LIMIT_S) -> list[str]:
    """Remove a thing and return what is left of it after `limit_s`. What is not there is removed already.

    Again and again: a process that was killed may have started another one, a cgroup is busy until its last process is
    gone.
    """
    kind, until_s = KINDS[thing.kind], time.monotonic() + limit_s
    while left := kind.find(thing.name):
        for each in left:
            with contextlib.suppress(LabError, OSError):  # what could not be removed is found again, and said
                kind.remove(each)
        if time.monotonic() > until_s:
            return kind.find(thing.name)
        time.sleep(POLL_S)
    return []


def what_to_type(thing: Thing, left: list[str]) -> list[str]:
    """Return the commands that remove by hand what is left of a thing."""
    return [KINDS[thing.kind].command.format(item) for item in left]


def _register(claim: str) -> Register:
    return Register(Path(claim).parent.parent)


def _find_claim(claim: str) -> list[str]:
    """Return the claim; also where it is none any more, but a crash has left a register without any."""
    register = _register(claim)
    return [claim] if os.path.exists(claim) or (register.folder.exists() and not register.claims()) else []


def _unmount(point: str) -> None:
    invoke("umount", "--lazy", point)


def _find_members(cgroup: str) -> list[str]:
    return [str(pid) for pid in cgroups.members(cgroup)]


def _find_marked(run: str) -> list[str]:
    return [str(pid) for pid in process.marked(run) if process.started_ticks(pid) is not None]


def _kill(pid: str) -> None:
    os.kill(int(pid), signal.SIGKILL)


def _find_cgroup(name: str) -> list[str]:
    return [name] if any((root / name).exists() for root in cgroups.hierarchies()) else []


def _remove_folder(path: str) -> None:
    """Remove a folder, unless something is mounted below it: that would be removed too."""
    if not mounts.below(path):
        shutil.rmtree(path)


# in the order of removal: first what may make something again, last what says that the lab is there
KINDS: dict[str, Kind] = {
    "members": Kind(_find_members, _kill, "kill -KILL {}"),
    "processes": Kind(_find_marked, _kill, "kill -KILL {}"),
    "link": Kind(
        network.links_of,
        lambda name: invoke("ip", "link", "delete", name),
        "ip link delete {}",
    ),
    "namespace": Kind(
        lambda name: [name] if (NETNS / name).exists() else [],
        lambda name: invoke("ip", "netns", "delete", name),
        "ip netns delete {}",
    ),
    "mounts": Kind(mounts.below, _unmount, "umount --lazy {}"),
    "cgroup": Kind(_find_cgroup, cgroups.remove, "find /sys/fs/cgroup -depth -type d -path '*/{}*' -exec rmdir {{}} ;"),
    "folder": Kind(lambda path: [path] if os.path.lexists(path) else [], _remove_folder, "rm -r {}"),
    "claim": Kind(_find_claim, lambda claim: _register(claim).release(Path(claim).stem), "rm {}"),
}
