"""docs/reliability.md says of each robustness test how often it is tried: these numbers are pytest's own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\|.*\| (?P<often>\d+) \| (?P<soak>\d+) \| `(?P<test>tests/\S+::\w+)` \|$", re.MULTILINE)


def _collected(marks: str, files: list[str]) -> Counter[str]:
    command = (sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", "-m", marks, *files)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr  # a file that cannot be read has no tests to count
    return Counter(line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line)


def test_each_row_counts_what_is_tried() -> None:
    """At every change, and by `make soak` as well."""
    rows = list(ROW.finditer((ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")))
    files = sorted({row["test"].partition("::")[0] for row in rows})
    often, soak = _collected("not soak", files), _collected("soak", files)
    told = {row["test"]: (int(row["often"]), int(row["soak"])) for row in rows}
    assert (0, 0) not in told.values()
    assert told == {test: (often[test], soak[test]) for test in told}


def test_no_test_of_the_killed_is_left_out() -> None:
    """Every test of tests/lab/test_killed.py has its row."""
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    path = "tests/lab/test_killed.py"
    made = re.findall(r"^def (test_\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in made if f"`{path}::{name}`" not in text] == []
