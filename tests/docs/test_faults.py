"""The documentation of faults."""

from __future__ import annotations

import re
from pathlib import Path

from sim.spec.faults import FAULT_KINDS

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_every_kind_has_a_row_and_only_those() -> None:
    """The tables of docs/faults.md cover the vocabulary, each kind once."""
    rows = re.findall(r"^\| `([a-z_]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(rows) == sorted(FAULT_KINDS)
