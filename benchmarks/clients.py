"""The real driver against a bare protocol on the same loop, vegeta and wrk, and how late its generator is.

All speak to one server on the other core. A rate is requests per CPU second of the client, 64 connections, closed loop:
what a core can do, whoever else uses the machine. Lag is by the clock: only a quiet machine shows the generator's own.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httptools

from benchmarks.measure import Row, interleaved
from chaos.client import Load, LoadClient, LoadPlan, lag_quantile_s, run, run_load
from chaos.client.loop import quiet_collector
from chaos.clock import RunClock
from chaos.transport import Target
from sim.policy import policy_preset
from sim.record import Recorder
from sim.spec.traffic import Closed, Poisson, Transport

__all__ = ["rows"]

CONNECTIONS = 64
SECONDS = 2.0
VEGETA = "github.com/tsenart/vegeta/v12@v12.12.0"
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SERVER = Path(__file__).parent / "answering.py"


@contextmanager
def _server() -> Iterator[int]:
    """Run the server of fixed answers on the last core, keep this process on the first; yield its port."""
    cores = sorted(os.sched_getaffinity(0))
    started = subprocess.Popen([sys.executable, str(SERVER), str(cores[-1])], stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(0, {cores[0]})
    try:
        assert started.stdout is not None
        yield int(started.stdout.readline())
    finally:
        os.sched_setaffinity(0, set(cores))
        started.terminate()
        started.wait()
        if started.stdout is not None:
            started.stdout.close()


class Bare(asyncio.Protocol):
    """The least that can be called a load generator: it notes how long each good answer took, and asks again."""

    took_s: list[float] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpResponseParser(self)
        self.ask()

    def ask(self) -> None:
        self.began_s = time.monotonic()
        self.transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self.parser.get_status_code() == 200:
            Bare.took_s.append(time.monotonic() - self.began_s)
        self.ask()


async def _bare(port: int) -> float:
    """Return the answers a CPU second."""
    loop = asyncio.get_running_loop()
    begin_s, Bare.took_s = time.process_time(), []
    ends = [await loop.create_connection(Bare, "127.0.0.1", port) for _ in range(CONNECTIONS)]
    await asyncio.sleep(SECONDS)
    for transport, _ in ends:
        transport.abort()
    return len(Bare.took_s) / (time.process_time() - begin_s)


async def _full(port: int) -> float:
    """Return the calls a CPU second with policy, budget, pool, failure kinds, timeouts and journal."""
    arrivals = Closed.model_validate({"closed": {"workers": CONNECTIONS, "think": 0.0}})
    transport = Transport(idle_per_host_max=CONNECTIONS, total_timeout=15.0)
    policy = policy_preset("aws-standard").policy
    client = LoadClient(Target("127.0.0.1", port), arrivals, policy, transport)
    plan = LoadPlan({"c": client}, SECONDS)
    recorder = Recorder(plan.info())
    with quiet_collector():
        begin_s = time.process_time()
        await Load(plan, RunClock(), recorder).run()
        calls = len(recorder.finish().calls)
        return calls / (time.process_time() - begin_s)


async def _lag_s(port: int, rate_per_s: float, spin: bool) -> float:
    transport = Transport(idle_per_host_max=CONNECTIONS)
    client = LoadClient(Target("127.0.0.1", port), Poisson(poisson=rate_per_s), transport=transport)
    journal = await run_load(LoadPlan({"c": client}, SECONDS, warmup_s=0.5), spin=spin)
    return lag_quantile_s(journal, 0.99)


def _child(*command: str) -> tuple[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _wrk(port: int) -> float:
    told, cpu_s = _child("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS:g}s", f"http://127.0.0.1:{port}/")
    return int(told.split(" requests in ")[0].split()[-1]) / cpu_s


def _vegeta(program: str, folder: str, port: int) -> float:
    results = f"{folder}/results"
    Path(f"{folder}/targets").write_text(f"GET http://127.0.0.1:{port}/\n")
    limits = (f"-max-workers={CONNECTIONS}", f"-workers={CONNECTIONS}", f"-connections={CONNECTIONS}")
    attack = (program, "-cpus=1", "attack", "-rate=0", *limits, f"-duration={SECONDS:g}s", f"-targets={folder}/targets")
    _, cpu_s = _child(*attack, f"-output={results}")
    told, _ = _child(program, "report", "-type=json", results)
    count: int = json.loads(told)["requests"]
    return count / cpu_s


def _against(name: str, port: int, theirs: Callable[[], float], against: str, limits: tuple[Any, Any]) -> Row:
    value, _, ratio = interleaved(lambda: run(_full(port)), theirs, rounds=3)
    return Row(name, value, "calls/CPU s", against, ratio, *limits)


def _peers(port: int) -> Iterator[Row]:
    if shutil.which("wrk"):
        yield _against("driver_wrk", port, lambda: _wrk(port), "wrk", (None, None))
    else:
        print("driver_wrk: skipped, wrk is not installed (apt-get install wrk)", file=sys.stderr)
    if not shutil.which("go"):
        print("driver_vegeta: skipped, there is no go to build vegeta with", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(
            ["go", "install", VEGETA], env=os.environ | {"GOBIN": folder}, capture_output=True, text=True, check=False
        )
        if made.returncode:
            print(f"driver_vegeta: skipped, go install failed: {made.stderr.strip()[-200:]}", file=sys.stderr)
            return
        vegeta = functools.partial(_vegeta, f"{folder}/vegeta", folder, port)
        yield _against("driver_vegeta", port, vegeta, "vegeta on one core", (1.0, 1.5))


def rows() -> Iterator[Row]:
    """Yield the rows of the driver and of the generator's lag."""
    with _server() as port:
        for which in ("asyncio", "uvloop"):
            if importlib.util.find_spec(which) is None:
                print(f"driver_{which}: skipped, not installed", file=sys.stderr)
                continue
            value, _, ratio = interleaved(
                lambda which=which: run(_full(port), which),  # type: ignore[misc]
                lambda which=which: run(_bare(port), which),  # type: ignore[misc]
            )
            yield Row(f"driver_{which}", value, "calls/CPU s", f"a bare protocol on {which}", ratio, 0.5, 0.6)
        yield from _peers(port)
        for spin, floor, aim in ((False, 0.0015, 0.001), (True, 0.0015, 0.0002)):
            lag_s = statistics.median(run(_lag_s(port, 5000.0, spin)) for _ in range(3))
            yield Row(f"lag_p99_5000{'_spin' if spin else ''}", lag_s, "s", floor=floor, aim=aim)
        begin_s = time.process_time()
        run(_lag_s(port, 1000.0, False))
        yield Row("generator_1000", (time.process_time() - begin_s) / (SECONDS + 0.5), "CPU s", "a second", None, 0.3)
