"""Run the tests that take long (`make soak`) and keep their outcome as data: benchmarks/soak.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Outcomes:
    """Collects how each test ended and how long it took."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the report of a test's own part (pytest calls this)."""
        if report.when == "call":
            said = dict(report.user_properties)
            self.rows.append(
                {"test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration, 1)} | said
            )


def main() -> int:
    """Run, write, return pytest's exit code."""
    outcomes = Outcomes()
    code = int(pytest.main(["-m", "soak", "tests", *sys.argv[1:]], plugins=[outcomes]))
    path = HERE / "soak.json"
    kept = {row["test"]: row for row in json.loads(path.read_text(encoding="utf-8"))} if path.exists() else {}
    kept |= {row["test"]: row for row in outcomes.rows}  # of what was not run this time, the last outcome stays
    path.write_text(json.dumps(list(kept.values()), indent=1) + "\n", encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
