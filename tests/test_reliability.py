"""docs/reliability.md against the code: how often each robustness test is tried, and every limit that it names."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from chaos.deeds import Hands
from chaos.deeds.hands import COMMAND_S
from chaos.ledger.copy import COPY_S
from chaos.ledger.undo import AGAIN_S
from chaos.runner.effects import LEAST, LOOK_S
from chaos.runner.lease import ANSWER_S, LASTS_S, RENEW_S
from chaos.runner.living import WATCH_S
from chaos.runner.playing import LAST_S
from chaos.runner.switches import WITHIN_S
from chaos.toxiproxy.consumer import ANSWER_LIMIT_S, CONNECT_LIMIT_S

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
API_S = inspect.signature(Hands).parameters["limit_s"].default
ROW = re.compile(r"^\|.*\| (?P<often>\d+) \| (?P<soak>\d+) \| `(?P<test>tests/\S+::\w+)` \|$", re.MULTILINE)


def _collected(marks: str, files: list[str]) -> Counter[str]:
    command = (sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", "-m", marks, *files)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr  # a file that cannot be read has no tests to count
    return Counter(line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line)


def test_each_row_counts_what_is_tried() -> None:
    """At every change, and by `make soak` as well."""
    rows = list(ROW.finditer(TEXT))
    files = sorted({row["test"].partition("::")[0] for row in rows})
    often, soak = _collected("not soak", files), _collected("soak", files)
    told = {row["test"]: (int(row["often"]), int(row["soak"])) for row in rows}
    assert (0, 0) not in told.values()
    assert told == {test: (often[test], soak[test]) for test in told}


def test_no_test_of_the_killed_is_left_out() -> None:
    """Every test of tests/lab/test_killed.py has its row."""
    path = "tests/lab/test_killed.py"
    made = re.findall(r"^def (test_\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in made if f"`{path}::{name}`" not in TEXT] == []


@pytest.mark.parametrize(
    "said",
    [
        f"Deadline: {WITHIN_S:g} s after the runner's last renewal",
        f"a lease that it renews every {RENEW_S:g} s",
        f"dead {LASTS_S:g} s after it, or after {WATCH_S:g} s of watching",
        f"One call of the API server: {API_S:g} s; of the lease and of the ledger's copy: {ANSWER_S:g} s",
        f"of a toxiproxy: {ANSWER_LIMIT_S:g} s, after {CONNECT_LIMIT_S:g} s for the connection",
        f"tried again until {LAST_S:g} s after the end, planned or not (`chaos/runner/playing.py`)",
        f"`chaos undo` tries for {AGAIN_S:g} s",
        f"(at most {COMMAND_S:g} s each, `chaos/deeds/hands.py`)",
        f"It needs {LEAST} calls that began and ended while the fault was on",
        f"(of long faults the last {LOOK_S:g} s are looked at)",
    ],
)
def test_each_limit_that_is_named_is_the_code_s(said: str) -> None:
    """A constant that changes changes the page."""
    assert said in " ".join(TEXT.split())
    assert COPY_S == ANSWER_S  # the page names them together


def test_what_the_page_refers_to_is_there() -> None:
    """Files; measurements that a test records, which the page says are missing for as long as they are."""
    paths = re.findall(r"`((?:chaos|tests|benchmarks)/[\w./]+)(?:::\w+)?`", TEXT)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    (missing,) = re.findall(r"\(not yet there: (.+)\)", TEXT) or [""]
    recorded = (ROOT / "tests" / "lab" / "test_killed.py").read_text(encoding="utf-8")
    rows = json.loads((ROOT / "benchmarks" / "soak.json").read_text(encoding="utf-8"))
    for key in re.findall(r"`(\w+_s)`", TEXT):
        assert f'record_property("{key}"' in recorded
        assert any(key in row for row in rows) == (f"`{key}`" not in missing)
