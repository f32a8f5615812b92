"""Callers that leave while they wait, and whose work is not done then: what makes overload degrade gently.

Source: Erlang-A, M/M/n + M, by its birth–death chain (Garnett, Mandelbaum, Reiman, "Designing a call center with
impatient customers", M&SOM 4(3), 2002, for the model); M/M/1 with a fixed patience for the wait by its closed form. A
server that `drops: abandoned` and does not cancel is exactly that: who is not come to in time is left undone, and the
others are served to the end, whether their caller waits for it or not.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from published import OPEN, exact
from quiet_world import World, two_nodes

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.serving.careful import CarefulServer
from sim.policy.once import Once
from sim.policy.steps import Decisions, Draw, Outcome, Try

RUNS = 20
WARMUP_S = 20.0  # of a system whose service takes 1 s on average


class Patient(Once):
    """Waits for an exponential time that is drawn for each call."""

    mean_s: float

    def call(self, now_s: float, draw: Draw, shared: object) -> Decisions:
        """Decide one call: one try."""
        reply = yield Try(-self.mean_s * math.log(draw(0)))
        return Outcome("ok" if reply.result == "ok" else "failed", reply.result, 1)


class Watched(CarefulServer):
    """A server that notes what arrivals find, from a moment on."""

    asked = waited = 0

    def arrive(self, attempt: Attempt) -> None:
        """Take a request."""
        if self.clock.now > WARMUP_S:
            self.asked += 1
            self.waited += len(self._running) >= self._at_once
        super().arrive(attempt)

    def sums(self) -> NDArray[np.float64]:
        """Return finished, dropped, seconds of work, and the time, as of now."""
        now = self.clock.now
        work_s = self.busy_s + sum(now - attempt.started_s for attempt in self._running)
        return np.array([self.finished, self.dropped, work_s, now])


Seen: TypeAlias = tuple[float, float, float, float]


def seen(data: dict[str, Any], seed: int, prepare: Callable[[World], object] = id) -> Seen:
    """Return P(wait), P(left undone), the share of the workers' time used, and what was done per second."""
    world = World(data, seed)
    prepare(world)
    server = world.pods["api"][0].server
    world.clock.advance(WARMUP_S)
    began = server.sums()
    world.clock.advance(world.scenario.run.duration)
    finished, dropped, work_s, for_s = server.sums() - began
    return (
        server.waited / server.asked,
        dropped / (finished + dropped),
        work_s / for_s / server._at_once,
        finished / for_s,
    )


def replicated(data: dict[str, Any], prepare: Callable[[World], object] = id) -> list[Seen]:
    """Return what so many runs see, of seeds that are this system's own."""
    first = zlib.crc32(repr(data).encode())
    return [seen(data, first + run, prepare) for run in range(RUNS)]


def system(rate: float, servers: int, calls: int, transport: dict[str, Any], **serves: Any) -> dict[str, Any]:
    """Return calls to a server whose work takes 1 s on average."""
    about = {"takes": {"exponential": {"mean": 1.0}}, "at_once": servers} | serves
    return two_nodes({"poisson": rate}, about, duration=WARMUP_S + calls / rate, transport=OPEN | transport)


@pytest.fixture(autouse=True)
def _watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every server of this module be looked at."""
    monkeypatch.setattr("sim.model.traffic.pods.CarefulServer", Watched)


def chain(rate: float, leaves: float, servers: int) -> tuple[float, float, float]:
    """Return P(wait), P(abandon) and utilisation of Erlang-A with μ = 1, from its birth–death chain."""
    weights = [1.0]
    while len(weights) < servers + 10 or weights[-1] > 1e-14 * sum(weights):
        k = len(weights)
        weights.append(weights[-1] * rate / (min(k, servers) + max(0, k - servers) * leaves))
    p = np.array(weights) / sum(weights)
    states = np.arange(len(p))
    queue = float(np.maximum(states - servers, 0) @ p)
    return float(p[servers:].sum()), leaves * queue / rate, float(np.minimum(states, servers) @ p) / servers


@pytest.mark.parametrize(("rate", "leaves", "servers", "waits", "abandons", "used"), [
    (0.8, 0.5, 1, 0.59525, 0.25594, 0.59525), (1.0, 0.5, 1, 0.68696, 0.31304, 0.68696),
    (1.2, 0.5, 1, 0.76055, 0.36620, 0.76055), (2.0, 0.5, 1, 0.92537, 0.53731, 0.92537),
    (1.2, 0.1, 1, 0.89661, 0.25283, 0.89661), (1.2, 2.0, 1, 0.64513, 0.46240, 0.64513),
    (10, 0.5, 10, 0.61966, 0.10391, 0.89609), (12, 0.5, 10, 0.85038, 0.19566, 0.96521),
    (50, 0.5, 50, 0.60117, 0.04668, 0.95332), (110, 1.0, 100, 0.84172, 0.09919, 0.99089),
])  # fmt: skip
def test_erlang_a(rate: float, leaves: float, servers: int, waits: float, abandons: float, used: float) -> None:
    """**Exact**: who finds all busy, who leaves, how much of the workers' time is used. 20 runs of 2,000 calls or more.

    The mean queue is the published one by λ·P(abandon) = θ·queue, which holds for the chain that is asked here too.
    """
    assert chain(rate, leaves, servers) == pytest.approx((waits, abandons, used), abs=6e-6)

    def patient(world: World) -> None:
        world.traffic._clients["c"].policy = Patient(mean_s=1 / leaves)

    runs = replicated(system(rate, servers, max(2000, 60 * servers), {}, drops="abandoned"), patient)
    for values, value in zip(list(zip(*runs, strict=True))[:3], (waits, abandons, used), strict=True):
        exact(values, value, power=0.06)


@pytest.mark.parametrize(("rate", "patience", "idle", "abandons", "output"), [
    (0.8, 2, 0.35027, 0.18783, 0.64973), (1.0, 2, 0.25, 0.25, 0.75), (1.2, 2, 0.17418, 0.31182, 0.82582),
    (2.0, 2, 0.03502, 0.51751, 0.96498), (1.2, 10, 0.02075, 0.18396, 0.97925),
])  # fmt: skip
@pytest.mark.parametrize("who", ["caller", "server"])
def test_a_fixed_patience(who: str, rate: float, patience: float, idle: float, abandons: float, output: float) -> None:
    """**Exact** (μ = 1): who waited τ is left undone, be it that the caller left or the server sheds. 20 · 2,000."""
    away = math.exp(-(1 - rate) * patience)
    inside = patience if rate == 1 else (1 - away) / (1 - rate)
    p0 = 1 / (1 + rate * (inside + away))
    assert (p0, rate * p0 * away, 1 - p0) == pytest.approx((idle, abandons, output), abs=6e-6)
    if who == "caller":
        data = system(rate, 1, 2000, {"total_timeout": patience}, drops="abandoned")
    else:
        data = system(rate, 1, 2000, {}, shed={"waited": patience})
    runs = replicated(data)
    exact([1 - used for _, _, used, _ in runs], idle, power=0.15)
    exact([left for _, left, _, _ in runs], abandons, power=0.06)
    exact([done for _, _, _, done in runs], output, power=0.06)


def test_a_server_that_works_on_does_not_degrade_gently() -> None:
    """Contrast: at 1.2 times the capacity hardly anything is of use from a server that never looks at who has left."""
    useful = []
    for drops in ("none", "abandoned"):
        data = system(1.2, 1, 3600, {"total_timeout": 2.0}, drops=drops)
        calls = World(data).run().calls
        useful.append(float((calls["outcome"] == 0).mean()))
    assert useful[0] < 0.1
    assert useful[1] > 0.35
