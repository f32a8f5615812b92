"""Where a scenario's text comes from: a path, standard input (`-`), or the name of one that ships with the tool."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sim.errors import Problem, ScenarioError
from sim.spec.wording import did_you_mean, listed

__all__ = ["MOST_BYTES", "Source", "read", "shipped", "shipped_folder"]

BINDINGS = "bindings"  # a folder beside the scenarios: names of real environments, which are no scenarios
MOST_BYTES = 2**20  # a scenario of 1,000 nodes, one a line, is a tenth of that


@dataclass(frozen=True, slots=True)
class Source:
    """A scenario's text, what errors call it, and the folder that its relative file names start from."""

    file: str
    text: str
    folder: Path


def shipped_folder() -> Path:
    """Return the folder of the scenarios that ship: inside the wheel, or beside the packages in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def shipped() -> tuple[str, ...]:
    """Return the names of the scenarios that ship with the tool, sorted: `k3s-audit`, `adversities/brown-out`."""
    folder = shipped_folder()
    named = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.yaml"))
    return tuple(sorted(name.as_posix() for name in named if name.parts[0] != BINDINGS))


def _wrong(file: str, message: str) -> ScenarioError:
    return ScenarioError((Problem(file, None, "", message),))


def _read_all(stream: BinaryIO, file: str) -> str:
    raw = stream.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise _wrong(file, f"is larger than {MOST_BYTES // 2**20} MiB; accepted: a scenario of at most that size")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte {raw[error.start]:#04x} is no UTF-8 text; accepted: a YAML file in UTF-8"
        raise ScenarioError((Problem(file, line, "", message),)) from None


def _found(source: str) -> Path:
    path = Path(source)
    if source in shipped() and not path.is_file():
        return shipped_folder() / f"{source}.yaml"
    return path


def _shown(path: Path) -> str:
    """Return a path that the reader can open from here, as short as possible."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive (Windows)
        return str(path)
    return str(path) if relative.startswith("..") else relative


def read(source: str | Path) -> Source:
    """Return the text of a scenario. Raises ScenarioError if there is none, or if it is no text."""
    given = str(source)
    if given == "-":
        return Source("<stdin>", _read_all(sys.stdin.buffer, "<stdin>"), Path.cwd())
    path = _found(given)
    try:
        with path.open("rb") as stream:
            return Source(_shown(path), _read_all(stream, _shown(path)), path.resolve().parent)
    except FileNotFoundError:
        known = shipped()
        meant = did_you_mean(given, known)
        raise _wrong(given, f"no such file, and no shipped scenario;{meant} shipped: {listed(known)}") from None
    except (IsADirectoryError, PermissionError) as error:
        what = "is a directory" if path.is_dir() else "cannot be read"
        raise _wrong(given, f"{what} ({error.strerror}); accepted: a scenario file, - or a shipped name") from None
    except (OSError, ValueError) as error:  # a name with a null byte, a name that is too long, a broken device
        raise _wrong(given, f"cannot be read ({error}); accepted: a scenario file, - or a shipped name") from None
