"""What commands share: formats for machines, directories for journals."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison, Simulation
    from sim.analysis.survey import Survey

__all__ = ["Format", "directory_for", "empty_directory", "machine_format", "print_for_machines", "writable_file"]


class Format(StrEnum):
    """What standard output holds when a machine reads it."""

    json = "json"
    yaml = "yaml"


def machine_format(as_json: bool, form: Format | None) -> Format | None:
    """Return what machines get, None for tables. Raises UsageError if --json and -o ask for different things."""
    from sim.errors import UsageError

    if as_json and form not in {None, Format.json}:
        raise UsageError(f"--json and -o {form} were given; accepted: one of them")
    return Format.json if as_json else form


def print_for_machines(result: Comparison | Simulation | Survey, form: Format) -> None:
    """Print a result's summary rows as JSON (as `to_json` gives them) or YAML, and nothing else."""
    rows = json.loads(result.to_json())
    if form is Format.json:
        text = json.dumps(rows, indent=1) + "\n"
    else:
        import yaml

        text = yaml.safe_dump(rows, sort_keys=False)
    sys.stdout.write(text)


def directory_for(flag: str, path: Path | None, accepted: str = "a directory") -> None:
    """Make the directory that `flag` names, before anything long begins. Raises UsageError if it cannot be written."""
    from sim.errors import UsageError

    if path is None:
        return
    if path.exists() and not path.is_dir():
        raise UsageError(f"{flag}: {path} is a file; accepted: {accepted}")
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):  # asks the file system itself: rights alone do not tell
            pass
    except OSError as error:
        raise UsageError(f"{flag}: {path} cannot be written ({error.strerror}); accepted: {accepted}") from None


def writable_file(flag: str, path: Path | None) -> None:
    """Make the directory of a file that is to be written, before anything long begins. Raises UsageError."""
    from sim.errors import UsageError

    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"{flag}: {path} is a directory; accepted: the name of a file")
    directory_for(flag, path.parent, "a file in a directory that can be written")


def empty_directory(flag: str, path: Path | None) -> None:
    """Make a directory as `directory_for`. Raises UsageError if it holds something: old results stay as they are."""
    from sim.errors import UsageError

    accepted = "a directory that is empty or does not exist yet"
    if path is not None and path.is_dir() and any(path.iterdir()):
        raise UsageError(f"{flag}: {path} is not empty; accepted: {accepted}")
    directory_for(flag, path, accepted)
