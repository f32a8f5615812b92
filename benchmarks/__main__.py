"""Run every benchmark; write benchmarks/latest.json and docs/performance.md."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from benchmarks import clients, engines, guards, horizons, memory, parallel, startup
from benchmarks.measure import Row

HERE = Path(__file__).parent
ABOUT = """Written by `make bench`: side by side with peers in one run, medians of interleaved rounds. Trust the
ratios, the machine is shared. A limit is a floor for rates and ratios of rates, a ceiling for seconds and bytes."""
BETTER_WHEN_SMALL = {"s", "B", "MiB", "CPU s"}


def _verdict(row: Row) -> str:
    if row.floor is None:
        return ""
    reading = row.ratio if row.ratio is not None else row.value
    small = row.unit in BETTER_WHEN_SMALL
    met = reading <= row.floor if small else reading >= row.floor
    return "kept" if met else "MISSED"


def _table(rows: list[Row]) -> str:
    lines = ["| name | value | against | ratio | limit | aim | limit is |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        limits = ["" if limit is None else f"{limit:g}" for limit in (row.floor, row.aim)]
        cells = [f"`{row.name}`", f"{row.value:,.4g} {row.unit}", row.against, ratio, *limits, _verdict(row)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    rows: list[Row] = []
    for part in (startup, engines, guards, clients, horizons, memory, parallel):
        for row in part.rows():
            print(json.dumps(row.as_dict()), file=sys.stderr, flush=True)
            rows.append(row)
    (HERE / "latest.json").write_text(json.dumps([row.as_dict() for row in rows], indent=1) + "\n")
    told = f"CPython {platform.python_version()}, {platform.system()}."
    text = "\n\n".join(["# What it costs", f"{ABOUT} {told}", _table(rows)]) + "\n"
    (HERE.parent / "docs" / "performance.md").write_text(text)
    print(_table(rows))


if __name__ == "__main__":
    main()
