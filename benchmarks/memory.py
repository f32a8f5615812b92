"""Bytes a recorded call costs, in memory and while streaming to parquet. Each case in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from benchmarks.measure import Row

__all__ = ["rows"]

_CASE = """
import sys
from pathlib import Path
from sim.record import Recorder, RunInfo
from benchmarks.worlds import world
import polars  # its own memory is not a call's

def resident():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(sys.argv[3]))

calls, out = int(sys.argv[1]), sys.argv[2]
recorder = Recorder(RunInfo.of(world("full-world"), "bench", 1, started=""), out=Path(out) if out else None)
call = recorder.call
for i in range(100_000):
    call((i * 0.01, 0.004, i, 0, 0, 1, 0, 0))
before = resident()
for i in range(100_000, calls):
    call((i * 0.01, 0.004, i, 0, 0, 1, 0, 0))
print(resident() - before)
"""


def _grown_bytes(calls: int, out: str, field: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _CASE, str(calls), out, field], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def rows(calls: int = 2_000_000) -> list[Row]:
    """Return the rows `bytes_per_call` and `streaming_growth`."""
    in_memory = _grown_bytes(calls, "", "VmRSS") / (calls - 100_000)
    with tempfile.TemporaryDirectory() as folder:
        streaming = _grown_bytes(calls, f"{folder}/run", "VmHWM")
    return [
        Row("bytes_per_call", in_memory, "B", floor=32.0, aim=28.0),
        Row("streaming_growth", streaming / 2**20, "MiB", f"{calls:,} calls to parquet", floor=128.0),
    ]
