"""What commands share: formats for machines, directories for journals."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison, Simulation

__all__ = ["Format", "empty_directory", "print_for_machines"]


class Format(StrEnum):
    """What standard output holds when a machine reads it."""

    json = "json"
    yaml = "yaml"


def print_for_machines(result: Comparison | Simulation, form: Format) -> None:
    """Print a result's summary rows as JSON (as `to_json` gives them) or YAML, and nothing else."""
    rows = json.loads(result.to_json())
    if form is Format.json:
        text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    else:
        import yaml

        text = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True)
    sys.stdout.write(text)


def empty_directory(path: Path | None) -> None:
    """Raise UsageError if a directory for results exists and holds something: old results are never written over."""
    from sim.errors import UsageError

    if path is None or not path.exists():
        return
    if not path.is_dir():
        raise UsageError(f"--out: {path} is a file; accepted: a directory that is empty or does not exist yet")
    if any(path.iterdir()):
        raise UsageError(f"--out: {path} is not empty; accepted: a directory that is empty or does not exist yet")
