"""Backoff and jitter under contention: clients that each want one write, of a server that lets one version through.

Source: aws-samples/aws-arch-backoff-simulator, commit 66cb169, `src/backoff_simulator.py` (Marc Brooker, "Exponential
Backoff And Jitter", AWS Architecture Blog, 2015, shows figures only); its own program was run 200 to 1000 times.
The version number has no place in the simulated world: the presets' policies are driven here by a loop of their own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from published import agrees_with, full

from sim.plan import Stream
from sim.policy import PASSED, Decisions, Reply, Retry, Try, policy_preset

POLICIES = {name: policy_preset(f"backoff-{name}").policy for name in (
    "exponential", "equal-jitter", "full-jitter", "decorrelated"
)}  # fmt: skip
POLICIES["none"] = Retry(attempts="unlimited")  # the preset's pause of 1 ms stands for the network, which is here
RUNS = {20: (60, 1000), 50: (24, 1000), 100: (12, 300), 150: (8, 200)}  # clients: runs every day, runs published


class Ended(NamedTuple):
    """How a run ended: when the last client heard that it was done, and how many writes reached the server."""

    at_ms: float
    writes: int


def messages_s(seed: int) -> Iterator[float]:
    """Yield how long messages are under way: |N(10, 2)| ms."""
    random = np.random.default_rng(seed)
    while True:
        yield from np.abs(random.normal(0.010, 0.002, 4096)).tolist()


def contend(policy: Retry, clients: int, seed: int) -> Ended:
    """Let every client read the version and write it back, until it was still the current one.

    A try is a read and a write. The clients know nothing of each other but by the version, so what happens between two
    arrivals at the server (answers, pauses) needs no event.
    """
    under_way, backoff = messages_s(seed), Stream(seed, "backoff")
    calls = [policy.call(0.0, backoff.row(client), None) for client in range(clients)]
    arrivals: list[tuple[float, int, int | None]] = []  # when, whose, and the version that is to be written
    for client, call in enumerate(calls):
        assert isinstance(next(call), Try)
        arrivals.append((next(under_way), client, None))
    heapq.heapify(arrivals)
    version = writes = 0
    ends_s = 0.0
    while arrivals:
        at_s, client, read = heapq.heappop(arrivals)
        if read is None:
            heapq.heappush(arrivals, (at_s + next(under_way) + next(under_way), client, version))
            continue
        writes += 1
        heard_s = at_s + next(under_way)
        begins_s = goes_on(calls[client], Reply(heard_s, "ok" if read == version else "status", 503))
        assert (begins_s is None) == (read == version)
        if begins_s is None:
            version += 1
            ends_s = max(ends_s, heard_s)
        else:
            heapq.heappush(arrivals, (begins_s + next(under_way), client, None))
    return Ended(1000 * ends_s, writes)


def goes_on(call: Decisions, reply: Reply) -> float | None:
    """Return when the client tries again after this reply, or None: it was done."""
    try:
        step = call.send(reply)
    except StopIteration:
        return None
    if isinstance(step, Try):
        return reply.at_s
    begins_s = reply.at_s + step.for_s
    assert isinstance(call.send(Reply(begins_s, attempt=PASSED)), Try)
    return begins_s


@cache
def ended(name: str, clients: int, runs: int) -> tuple[list[float], list[float]]:
    """Return the ends and the writes of so many runs."""
    each = [contend(POLICIES[name], clients, seed) for seed in range(runs)]
    return [end.at_ms for end in each], [float(end.writes) for end in each]


PUBLISHED = {  # time in ms, writes; each with its standard error
    "none": {
        20: ((605, 1.8), (152.7, 0.40)), 50: ((1140, 1.3), (690.1, 0.53)),
        100: ((2029, 2.6), (2421.5, 1.88)), 150: ((2881, 3.0), (5140.6, 3.43)),
    },
    "exponential": {
        20: ((14502, 88.7), (150.2, 0.43)), 50: ((36469, 100.2), (624.4, 0.90)),
        100: ((63495, 229.2), (1856.4, 3.57)), 150: ((85742, 279.8), (3539.9, 6.67)),
    },
    "equal-jitter": {
        20: ((1634, 14.4), (108.1, 0.13)), 50: ((4238, 18.1), (347.5, 0.19)),
        100: ((6697, 40.2), (812.6, 0.47)), 150: ((8270, 43.5), (1323.5, 0.66)),
    },
    "full-jitter": {
        20: ((1015, 8.7), (100.2, 0.11)), 50: ((2861, 17.4), (332.8, 0.16)),
        100: ((4871, 33.1), (795.6, 0.43)), 150: ((6398, 35.0), (1318.2, 0.76)),
    },
    "decorrelated": {
        20: ((814, 5.5), (101.1, 0.15)), 50: ((2225, 16.1), (374.5, 0.39)),
        100: ((4587, 38.0), (999.7, 1.60)), 150: ((6547, 59.2), (1754.3, 2.98)),
    },
}  # fmt: skip


@pytest.mark.parametrize(("name", "clients", "runs"), [
    case for clients, (few, many) in RUNS.items()
    for case in full(*((name, clients) for name in PUBLISHED), few=few, many=many)
])  # fmt: skip
def test_time_and_writes_until_everybody_is_done(name: str, clients: int, runs: int) -> None:
    """The time until the last client is done and the writes that it took are the published ones."""
    time, writes = PUBLISHED[name][clients]
    times_ms, counts = ended(name, clients, runs)
    agrees_with(times_ms, *time)
    agrees_with(counts, *writes)


def mean(name: str, clients: int, runs: int) -> tuple[float, float]:
    """Return the mean time and the mean number of writes."""
    times_ms, counts = ended(name, clients, runs)
    return float(np.mean(times_ms)), float(np.mean(counts))


@pytest.mark.parametrize("clients", [50, 100, 150])
def test_jitter_saves_writes_and_doubling_alone_does_not(clients: int) -> None:
    """Writes: full < equal (within 5 %) < decorrelated < exponential < none, among 50 to 150 clients."""
    runs = RUNS[clients][0]
    counts = {name: mean(name, clients, runs)[1] for name in PUBLISHED}
    assert counts["equal-jitter"] == pytest.approx(counts["full-jitter"], rel=0.05)
    rest = sorted(PUBLISHED, key=counts.__getitem__)
    assert rest[2:] == ["decorrelated", "exponential", "none"]
    assert clients > 100 or rest[:2] == ["full-jitter", "equal-jitter"]  # of 150 clients they are 0.4 % apart


@pytest.mark.parametrize("clients", [20, 50, 100, 150])
def test_waiting_costs_time_and_doubling_alone_costs_ten_times_as_much(clients: int) -> None:
    """Time: none < full and decorrelated < equal, and exponential beyond eight times any jitter.

    None is the fastest here because load does not hurt this server: the model says nothing about overload.
    """
    runs = RUNS[clients][0]
    times = {name: mean(name, clients, runs)[0] for name in PUBLISHED}
    assert times["none"] < min(times["full-jitter"], times["decorrelated"])
    assert max(times["full-jitter"], times["decorrelated"]) < times["equal-jitter"]
    assert 8 * times["equal-jitter"] < times["exponential"]


@pytest.mark.parametrize(("clients", "sooner"), [
    (20, True), (50, True), pytest.param(100, True, marks=pytest.mark.soak),
    pytest.param(150, False, marks=pytest.mark.soak),
])  # fmt: skip
def test_decorrelated_is_done_before_full_jitter_among_few(clients: int, sooner: bool) -> None:
    """Decorrelated jitter is done sooner up to 100 clients, and later among 150 (2 % apart, so only with all runs)."""
    few, many = RUNS[clients]
    runs = many if clients >= 100 else few
    assert (mean("decorrelated", clients, runs)[0] < mean("full-jitter", clients, runs)[0]) is sooner
