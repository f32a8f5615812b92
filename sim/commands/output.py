"""What commands share: formats for machines, directories for journals."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.analysis.answers import SummaryRow

__all__ = ["Format", "empty_directory", "print_for_machines"]


class Format(StrEnum):
    """What standard output holds when a machine reads it."""

    json = "json"
    yaml = "yaml"


def print_for_machines(rows: Sequence[SummaryRow], form: Format) -> None:
    """Print summary rows as JSON or YAML, and nothing else.

    What is no number (no reading, no interval) is null; a recovery that never came is the word `never`, since JSON has
    no infinity.
    """
    from dataclasses import asdict

    plain = [{name: _plain(value) for name, value in asdict(row).items()} for row in rows]
    if form is Format.json:
        import json

        text = json.dumps(plain, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    else:
        import yaml

        text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
    sys.stdout.write(text)


def _plain(value: object) -> object:
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return None
    return "never" if math.isinf(value) else float(value)


def empty_directory(path: Path | None) -> None:
    """Raise UsageError if a directory for results exists and holds something: old results are never written over."""
    from sim.errors import UsageError

    if path is None or not path.exists():
        return
    if not path.is_dir():
        raise UsageError(f"--out: {path} is a file; accepted: a directory that is empty or does not exist yet")
    if any(path.iterdir()):
        raise UsageError(f"--out: {path} is not empty; accepted: a directory that is empty or does not exist yet")
