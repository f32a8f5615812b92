"""Retry budgets against a server that fails independently of load.

Source: mbrooker/simulator_example, commit bbfe394, `retry_sim/` (Marc Brooker, "Fixing retries with token buckets and
circuit breakers", brooker.co.za, 2022-02-28, shows figures only); its clients and strategies were run 10 to 50 times.
Here the presets three-retries, token-bucket and retry-breaker call a server of the simulated world: Exp(10 ms) there,
no work, a failure with probability f, Exp(10 ms) back; each client has a state of its own. Clients are independent,
so a mean and its error are taken over clients. Only the serial client of the last part has no place in that world.
Each client of that program makes its first call at once, one more than its rate says: where clients are small this is
a tenth of all calls, and moves their load by two per cent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from exact import uniforms
from numpy.typing import NDArray
from published import OPEN, agrees_with, exact, full
from quiet_world import World, at, scenario
from scripted import End, run

from sim.policy import Retry
from sim.presets import preset_bodies

pytestmark = pytest.mark.usefixtures("no_handshake")
SLOWLY = {"kind": "retry", "attempts": 4, "backoff": {"kind": "exponential", "base": 0.1}}  # after 0.1, 0.2, 0.4 s
POLICIES = {name: preset_bodies("policies")[name] for name in ("three-retries", "token-bucket", "retry-breaker")}
POLICIES["slow-retries"] = SLOWLY
CALLING_S = 10.0  # then the sources stop, and what is under way ends


class Sums(NamedTuple):
    """Calls, calls that were ok, and tries of each client."""

    calls: NDArray[np.float64]
    ok: NDArray[np.float64]
    tries: NDArray[np.float64]

    def success(self) -> list[float]:
        """Return values of the share that was ok, one a client."""
        return _ratios(self.ok, self.calls)

    def load(self) -> list[float]:
        """Return values of the tries per call, one a client."""
        return _ratios(self.tries, self.calls)


def _ratios(above: NDArray[np.float64], below: NDArray[np.float64]) -> list[float]:
    """Return values whose mean is Σabove / Σbelow, and whose standard error is that of this ratio (delta method)."""
    ratio = above.sum() / below.sum()
    return list(ratio + (above - ratio * below) / below.mean())


def calling(policy: str, errors: float, clients: int, rate_per_s: float, runs: int) -> Sums:
    """Return what each client did in so many runs; a client of its own seed in each."""
    each = [_one(policy, errors, clients, rate_per_s, seed) for seed in range(runs)]
    return Sums(*(np.concatenate(parts) for parts in zip(*each, strict=True)))


def arrivals(seed: int, number: int, rate_per_s: float) -> Iterator[float]:
    """Yield when a client calls: the first time almost at once, as the program has it, then after exponential gaps."""
    gaps = _exponential(seed, f"client/{number}", 1.0)
    at_s = 0.01 * next(gaps)
    while at_s < CALLING_S:
        yield at_s
        at_s += next(gaps) / rate_per_s


def _exponential(seed: int, name: str, mean: float) -> Iterator[float]:
    return (-mean * math.log(u) for u in uniforms(seed, name))


def _one(policy: str, errors: float, clients: int, rate_per_s: float, seed: int) -> Sums:
    client = {"from": "a", "to": "api", "transport": "wire", "policy": policy}
    sources = {f"c{number}": {"arrivals": at(*arrivals(seed, number, rate_per_s))} for number in range(clients)}
    data = scenario(
        CALLING_S + 10,
        cluster={"nodes": {"a": {}, "b": {}}, "links": {"default": {"latency": {"exponential": {"mean": 0.01}}}}},
        workloads={"api": {"place": "b", "serves": {"takes": 0.0, "at_once": 10**6, "errors": errors}}},
        services={"api": {"of": "api"}},
        transports={"wire": OPEN},
        policies=POLICIES,
        clients={name: client | source for name, source in sources.items()},
    )
    calls = World(data, seed).run().calls
    whose = calls["client"]
    weights = (None, calls["outcome"] == 0, calls["attempts"])
    return Sums(*(np.bincount(whose, weight, clients).astype(float) for weight in weights))


LOSSES = (0.01, 0.05, 0.1, 0.3, 0.5)
MANY = {  # of 100 clients with 10 calls/s each: failure rate → success, tries per call; each with its standard error
    "token-bucket": {
        0.01: ((1.0, 0.0), (1.01012, 0.00022)), 0.05: ((0.99984, 0.00004), (1.05295, 0.00041)),
        0.1: ((0.99248, 0.00030), (1.10141, 0.00044)), 0.3: ((0.79653, 0.00099), (1.13882, 0.00014)),
        0.5: ((0.57034, 0.00130), (1.14168, 0.00009)),
    },
    "retry-breaker": {
        0.01: ((0.99895, 0.00007), (1.00915, 0.00019)), 0.05: ((0.98674, 0.00045), (1.03813, 0.00052)),
        0.1: ((0.92624, 0.00086), (1.03060, 0.00063)), 0.3: ((0.70088, 0.00107), (1.00054, 0.00005)),
        0.5: ((0.49900, 0.00125), (1.00003, 0.00001)),
    },
}  # fmt: skip


@pytest.mark.parametrize(("name", "loss", "runs"), full(
    *((name, loss) for name in MANY for loss in LOSSES), few=1, many=20,
))  # fmt: skip
def test_a_bucket_and_a_breaker_hold_retries_back(name: str, loss: float, runs: int) -> None:
    """Of 100 clients with 10 calls/s each, the share of calls that is ok and the tries per call are the published."""
    success, load = MANY[name][loss]
    sums = calling(name, loss, 100, 10.0, runs)
    agrees_with(sums.success(), *success)
    agrees_with(sums.load(), *load)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("name", "tries"), [("none", 1), ("three-retries", 4)])
def test_retries_without_a_budget_are_geometric(name: str, tries: int, loss: float) -> None:
    """**Exact**: success 1 − f^(1+R), load (1 − f^(1+R))/(1 − f): 0.99168 and 1.417 at f = 0.3. One run."""
    sums = calling(name, loss, 100, 10.0, 1)
    exact(sums.success(), 1 - loss**tries)
    if tries > 1:
        exact(sums.load(), (1 - loss**tries) / (1 - loss))


@pytest.mark.parametrize("loss", [0.3, 0.5, 1.0])
def test_a_bucket_bounds_every_client(loss: float) -> None:
    """**Exact** bound: fewer retries than 0.1·calls + 5 of each client; where much fails, by less than two on average.

    What is left over: the last token, or a part of it, and what the first calls would have put into a full bucket.
    """
    sums = calling("token-bucket", loss, 100, 10.0, 1)
    left = 0.1 * sums.calls + 5 - (sums.tries - sums.calls)
    assert left.min() > 0
    assert left.mean() < 2


FEW = {  # clients at 100 calls/s in all, failure rate: success and load of the bucket, then of the breaker
    (10, 0.1): ((0.99300, 0.00057), (1.10296, 0.00116), (0.92848, 0.00219), (1.03046, 0.00121)),
    (10, 0.3): ((0.80159, 0.00200), (1.13919, 0.00023), (0.70029, 0.00207), (1.00049, 0.00011)),
    (100, 0.1): ((0.99973, 0.00009), (1.10759, 0.00145), (0.90728, 0.00146), (1.00667, 0.00034)),
    (100, 0.3): ((0.94355, 0.00133), (1.34547, 0.00183), (0.70326, 0.00207), (1.00140, 0.00014)),
    (100, 0.5): ((0.72729, 0.00249), (1.46172, 0.00156), (0.50205, 0.00209), (1.00004, 0.00003)),
}  # fmt: skip


@pytest.mark.parametrize(("clients", "loss", "runs"), full(*FEW, few=8, many=50))
def test_the_start_stock_counts_where_clients_are_small(clients: int, loss: float, runs: int) -> None:
    """Ten or a hundred clients at 100 calls/s in all: success and load of bucket and breaker are the published ones."""
    bucket, breaker = (calling(name, loss, clients, 100 / clients, runs) for name in MANY)
    success, load, breaker_success, breaker_load = FEW[clients, loss]
    agrees_with(bucket.success(), *success)
    agrees_with(bucket.load(), *load)
    agrees_with(breaker.success(), *breaker_success)
    agrees_with(breaker.load(), *breaker_load)


def test_many_small_clients_have_no_budget() -> None:
    """Shape: the more clients share a load, the more a bucket lets through (beyond three retries), a breaker less.

    5, 50 and 2000 clients at 100 calls/s in all, f = 0.5, one run; three retries have a load of 1.875.
    """
    bucket, breaker = (
        [float(np.mean(calling(name, 0.5, clients, 100 / clients, 1).load())) for clients in (5, 50, 2000)]
        for name in MANY
    )
    assert bucket == sorted(bucket)
    assert bucket[0] < 1.2
    assert bucket[-1] > 1.875
    assert max(breaker) < 1.001


def serial(loss: float, runs: int) -> Sums:
    """Return what each of 100 clients did that has one call at a time, in so many runs.

    Its next call starts Exp(0.1 s) after the start of the last one, or when that ends, if this is later.
    """
    rows = [_serial(loss, seed, f"client/{number}") for seed in range(runs) for number in range(100)]
    return Sums(*np.array(rows, float).T)


def _serial(loss: float, seed: int, name: str) -> tuple[int, int, int]:
    fails = uniforms(seed, f"{name}/fails")
    gaps, ways = (_exponential(seed, f"{name}/{what}", mean) for what, mean in (("gaps", 0.1), ("ways", 0.01)))

    def end(_: int) -> End:
        return End(next(ways) + next(ways), "status" if next(fails) < loss else "ok", 500)

    policy = Retry.model_validate(SLOWLY)
    calls = ok = tries = 0
    starts_s = next(gaps)
    while starts_s < CALLING_S:
        outcome, log = run(policy, end, now_s=starts_s)
        calls, ok, tries = calls + 1, ok + (outcome.outcome == "ok"), tries + outcome.attempts
        starts_s = max(starts_s + next(gaps), log[-1].reply.at_s)
    return calls, ok, tries


@pytest.mark.parametrize(("loss", "open_calls", "open_error", "serial_calls", "serial_error", "runs"), full(
    (0.1, 10063, 31, 9089, 18), (0.3, 10115, 20, 6709, 25), few=1, many=10,
))  # fmt: skip
def test_a_closed_loop_lowers_demand_not_the_load_per_call(
    loss: float, open_calls: float, open_error: float, serial_calls: float, serial_error: float, runs: int
) -> None:
    """Three retries after 0.1, 0.2 and 0.4 s: who waits for each call makes fewer calls, with as many tries each.

    The serial client is driven without a network.
    """
    of = {"open": calling("slow-retries", loss, 100, 10.0, runs), "serial": serial(loss, runs)}
    agrees_with(list(100 * of["open"].calls), open_calls, open_error)
    agrees_with(list(100 * of["serial"].calls), serial_calls, serial_error)
    for sums in of.values():
        exact(sums.success(), 1 - loss**4)
        exact(sums.load(), (1 - loss**4) / (1 - loss))
