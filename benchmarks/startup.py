"""What people wait for before anything happens, against `import typer` alone, and what a second process brings."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Row, interleaved

__all__ = ["rows"]

SMALL = str(Path(__file__).parent / "scenarios" / "full-world.yaml")


def _child_cpu_s(*command: str) -> float:
    # installed packages come with byte code, a checkout makes its own in the first round
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *command],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows() -> list[Row]:
    """Return the rows `help` and `validate`."""

    def typer() -> float:
        return _child_cpu_s("-c", "import typer")

    found = []
    for name, command, floor in (
        ("help", ("-m", "chaos", "--help"), 1.5),
        ("validate", ("-m", "chaos", "validate", SMALL), 5.0),
    ):
        value, _, ratio = interleaved(lambda command=command: _child_cpu_s(*command), typer, rounds=9)  # type: ignore[misc]
        found.append(Row(name, value, "CPU s", "import typer", ratio, floor))
    return found
