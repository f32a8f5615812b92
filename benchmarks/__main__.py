"""Run every benchmark; write benchmarks/latest.json and docs/performance.md."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import clients, engines, guards, horizons, injection, memory, parallel, startup
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


PARTS = {
    part.__name__.rpartition(".")[2]: part
    for part in (startup, engines, guards, clients, horizons, memory, parallel, injection)
}


def _measured(names: list[str]) -> Iterator[Row]:
    for name in names:
        for row in PARTS[name].rows():
            print(json.dumps(row.as_dict()), file=sys.stderr, flush=True)
            yield row


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"measured again, other rows stay: {', '.join(PARTS)}")
    names = parser.parse_args().parts
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no part {', '.join(unknown)}; accepted: {', '.join(PARTS)}")
    rows = {row.name: row for row in _measured(names or list(PARTS))}
    if names:
        kept = [Row(**row) for row in json.loads((HERE / "latest.json").read_text())]
        rows = {row.name: row for row in kept} | rows
    (HERE / "latest.json").write_text(json.dumps([row.as_dict() for row in rows.values()], indent=1) + "\n")
    told = f"CPython {platform.python_version()}, {platform.system()}."
    table = _table(list(rows.values()))
    (HERE.parent / "docs" / "performance.md").write_text(f"# What it costs\n\n{ABOUT} {told}\n\n{table}\n")
    print(table)


if __name__ == "__main__":
    main()
