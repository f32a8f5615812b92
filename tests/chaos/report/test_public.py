"""What `chaos.report` offers is loaded when it is used, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

import chaos.report

HEAVY = ("scipy", "matplotlib", "polars", "pandas", "rich", "kubernetes", "junitparser")


def test_every_word_can_be_had():
    """Each public name is there, and no other."""
    assert all(getattr(chaos.report, name) is not None for name in chaos.report.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'reports'"):
        chaos.report.reports  # noqa: B018


def test_progress_loads_nothing_heavy():
    """The runner's progress and the lines of a pipe need no statistics, no tables and no view."""
    script = f"import sys, chaos.report.live; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "[]"
