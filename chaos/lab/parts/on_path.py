"""Programs of this machine: is there one on the PATH, and is its version one that fits?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos.lab.parts.catalogue import Need, OnPath, Part

__all__ = ["Found", "fits", "look_for", "number", "unmet", "which"]

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where iptables, conntrack and haproxy are; Debian leaves it out of the PATH of a user who is not root."""

ANSWER_WITHIN_S = 10.0
VERSION = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class Found:
    """The programs of a part on this machine, and the version that they told."""

    programs: Mapping[str, Path]
    version: str


def which(command: str) -> Path | None:
    """Return where a command is, on the PATH or in the system's folders."""
    search = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
    found = shutil.which(command, path=search)
    return Path(found) if found else None


def look_for(part: Part) -> Found | None:
    """Return the programs of `part` on this machine, if all are there in one fitting version."""
    if part.on_path is None:
        return None
    told: list[tuple[str, Path, str]] = []
    for program in part.programs:
        path = which(program)
        version = path and _fitting_version(path, part.question(program), part.on_path)
        if not path or not version:
            return None
        told.append((program, path, version))
    versions = {version for _, _, version in told}
    return Found({program: path for program, path, _ in told}, told[0][2]) if len(versions) == 1 else None


def fits(version: str, wanted: OnPath) -> bool:
    """Return whether `at_least` ≤ `version` < `below`, compared number by number."""
    return number(wanted.at_least) <= number(version) and (
        wanted.below is None or number(version) < number(wanted.below)
    )


def number(version: str) -> tuple[int, ...]:
    """Return a version as numbers that compare: `1.34.4` → (1, 34, 4); what follows the numbers is left out."""
    found = VERSION.match(version)
    return tuple(int(digits) for digits in (found.group() if found else version).split("."))


def unmet(need: Need) -> bool:
    """Return whether this machine lacks what a build needs."""
    if need.command is not None:
        return which(need.command) is None
    pkg_config = which("pkg-config")
    if pkg_config is None:
        return True
    asked = subprocess.run([pkg_config, "--exists", str(need.pkg_config)], check=False, timeout=ANSWER_WITHIN_S)
    return asked.returncode != 0


def _fitting_version(path: Path, question: tuple[str, ...], wanted: OnPath) -> str | None:
    answer = _ask(path, question)
    found = VERSION.search(answer)
    return found.group() if found and wanted.says in answer and fits(found.group(), wanted) else None


def _ask(path: Path, question: tuple[str, ...]) -> str:
    try:
        done = subprocess.run([path, *question], check=False, capture_output=True, text=True, timeout=ANSWER_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired):  # not for this machine, or something else of that name
        return ""
    return done.stdout + done.stderr
