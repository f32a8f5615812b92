"""What the chaos runner costs: from planned to injected, how late its load is meanwhile, what memory it holds.

One run of the real command on a lab: every second a latency of 20 ms, two toxics of one proxy, for 200 ms, under 20
calls a second. `WEATHERGLASS_BENCH_LAB` names a lab that is up; without it one is started and taken down again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row
from chaos.client import lag_quantile_s
from sim.record import Journal

__all__ = ["OCCURRENCES", "growth_bytes", "measured", "rows", "scenario"]

OCCURRENCES = 200
EVERY_S, LASTS_S = 1.0, 0.2
BESIDES_S = 0.5  # assumption: preparing, injecting and undoing take less than 0.3 s beside the 0.2 s that a fault lasts
END_S = 180.0  # bounds a hang: the check, the warm-up and the report
UP_S = 600.0  # bounds a hang: a lab takes 20 s, on a busy machine minutes
LAB = "WEATHERGLASS_BENCH_LAB"
LIMIT_S = 0.1  # the project's aim for the 99th percentile
ROUND_S = 1.0  # how often the runner's memory is read
COMMAND = (sys.executable, "-m", "chaos")


def scenario(occurrences: int, every_s: float = EVERY_S) -> dict[str, Any]:
    """Return the measured scenario, long enough for so many occurrences with pauses of `every_s`; a run takes 1,000."""
    answers = {"of": "client/client", "metric": "call_ok_share", "at_least": "1%"}
    return {
        "version": 1,
        "name": "injection",
        "why": "how long it takes from planned to injected",
        "run": {"duration": f"{occurrences * (every_s + BESIDES_S):.0f}s", "warmup": "8s", "seed": 1},
        "cluster": {"nodes": {"node-1": {}}},
        "workloads": {"front": {"replicas": 3, "serves": {"takes": "5ms", "at_once": 8}}},
        "services": {"front": {"of": "front"}},
        "external": {"outside": {"reached": {"via": "node-1", "latency": "1ms"}}},
        "clients": {"client": {"from": "outside", "to": "front", "arrivals": {"every": "50ms"}}},
        "faults": {
            "slow": {
                "kind": "latency",
                "path": "client->front",
                "added": "20ms",
                "every": f"{every_s:g}s",
                "for": f"{LASTS_S:g}s",
            }
        },
        "steady": {"calls": answers | {"every": "5s"}},
        "objectives": {"answers": answers},
    }


BINDING = {"version": 1, "extends": "lab", "name": "injection", "why": "the lab as it is"}


@contextmanager
def _lab() -> Iterator[str | None]:
    """Yield the name of a lab that serves; None where none can be made."""
    if named := os.environ.get(LAB):
        yield named
        return
    name = "bench"
    up = (*COMMAND, "lab", "up", "--name", name, "--timings", "fast")
    begun = subprocess.run(up, capture_output=True, text=True, check=False, timeout=UP_S)
    if begun.returncode:
        print(f"injection: skipped, no lab here: {begun.stderr.strip()[-300:]}", file=sys.stderr)
        yield None
        return
    try:
        yield name
    finally:
        subprocess.run((*COMMAND, "lab", "down", "--name", name), check=True, capture_output=True, timeout=UP_S)


def measured(lab: str, folder: Path, occurrences: int, every_s: float = EVERY_S) -> tuple[Journal, list[int]]:
    """Run it; return its journal, and the runner's resident bytes once a second until it was over."""
    for name, told in (("scenario", scenario(occurrences, every_s)), ("binding", BINDING)):
        (folder / f"{name}.yaml").write_text(json.dumps(told), encoding="utf-8")  # JSON is YAML
    files = (str(folder / "scenario.yaml"), "--binding", str(folder / "binding.yaml"))
    with (folder / "said").open("w+") as said:
        words = (*COMMAND, "chaos", "run", *files, "--lab", lab, "--yes", "--out", str(folder / "run"))
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        held = _watched(process, folder / "run" / "events.jsonl", occurrences * (every_s + BESIDES_S) + END_S)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"the measured run ended with {process.returncode}:\n{said.read()[-2000:]}")
    return Journal.read(folder / "run"), held


def _watched(process: subprocess.Popen[bytes], events: Path, limit_s: float) -> list[int]:
    """Return what a process held, once a second until its run was over; it ends, or is killed after a time."""
    held, until_s = [], time.monotonic() + limit_s
    try:
        while process.poll() is None and time.monotonic() < until_s:
            if not _is_over(events):
                held.append(_resident_bytes(process.pid))
            time.sleep(ROUND_S)
    finally:
        process.kill()  # nothing, to one that has ended
        process.wait()
    return held


def _is_over(events: Path) -> bool:
    """Return whether a run has come to its end: what follows is the last write of its calls, and the report."""
    return events.exists() and b'"run_end"' in events.read_bytes()


def _resident_bytes(pid: int) -> int:
    """Return what a process holds; 0 for one that has just ended."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


def growth_bytes(held: list[int]) -> int:
    """Return by how much the most of the second half is above the most of the first."""
    half = len(held) // 2
    return max(held[half:]) - max(held[:half])


def rows(occurrences: int = OCCURRENCES) -> Iterator[Row]:
    """Yield how long injecting took, how late the load was, and the runner's memory; nothing where no lab can be."""
    with _lab() as lab, tempfile.TemporaryDirectory() as folder:
        if lab is None:
            return
        journal, held = measured(lab, Path(folder), occurrences)
        events = journal.events
        injected = [e.t_s - e.planned_s for e in events if e.kind == "injected" and e.planned_s is not None]
        late_s = [e.detail["max_s"] for e in events if e.kind == "generator_late"]
        of = f"{len(injected)} times two toxics, on a lab"
        yield Row("injection_p50", float(np.quantile(injected, 0.5)), "s", of)
        yield Row("injection_p99", float(np.quantile(injected, 0.99)), "s", of, floor=LIMIT_S)
        yield Row("runner_lag_p99", lag_quantile_s(journal, 0.99), "s", "the load of the same run")
        yield Row("runner_lag_max", max(late_s, default=0.0), "s", "the load of the same run")
        yield Row("runner_memory", max(held) / 2**20, "MiB", "the same run, its most")
        yield Row("runner_growth", growth_bytes(held) / 2**20, "MiB", "in the second half of the same run")
