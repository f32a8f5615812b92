"""Retries, quotas and dials against exact formulas, and against what was simulated or measured with other programs.

**Exact** values follow from the formula in the test. The table of budgets was simulated by an independent program,
10 · 900,000 calls; Envoy 1.40.0 and a Linux 6.18 kernel were measured. Policies are the presets of these libraries.
Driven by the simulated world where a network or a server matters, by the tests' own pure drivers where none does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from exact import flips, play, uniforms
from published import OPEN, agrees_with, exact, full
from quiet_world import World, two_nodes
from scipy.optimize import brentq
from scripted import End, middle, run, together, waits

from sim.model.network import SYN_SCHEDULES
from sim.plan import Stream
from sim.policy import AnyPolicy, Reply, Retry, policy_preset
from sim.policy.budget import Grpc
from sim.presets import preset_bodies


@pytest.mark.parametrize(("tries", "loss", "published"), [
    (3, 0.1, (1.11, 0.999)), (3, 0.3, (1.39, 0.973)), (3, 0.5, (1.75, 0.875)), (4, 0.5, (1.875, 0.9375)),
    (4, 0.9, (3.439, 0.3439)),
])  # fmt: skip
def test_tries_of_a_call(tries: int, loss: float, published: tuple[float, float]) -> None:
    """**Exact**: (1 − p^m)/(1 − p) tries at a real server's errors, success 1 − p^m. 20 runs of 600 calls."""
    policy = {"kind": "retry", "attempts": tries}
    serves = {"takes": 0.0, "at_once": 9, "errors": loss}
    data = two_nodes({"every": 0.1}, serves, duration=60.0, transport=OPEN, policy=policy)
    calls = [World(data, seed).run().calls for seed in range(20)]
    assert published == pytest.approx(((1 - loss**tries) / (1 - loss), 1 - loss**tries))
    exact([float(each["attempts"].mean()) for each in calls], published[0])
    exact([float((each["outcome"] == 0).mean()) for each in calls], published[1])


@pytest.mark.parametrize(("kernel", "timeout", "loss", "share", "mean_s"), [
    ("linux-6.5", 5, 0.5, 0.96875, 0.839), ("linux-6.5", 30, 0.5, 0.99805, 1.027),
    ("linux-classic", 5, 0.5, 0.875, 0.714), ("linux-classic", 30, 0.5, 0.96875, 1.581),
    ("linux-6.5", 5, 0.7, 0.832, None), ("linux-classic", 5, 0.7, 0.657, None),
])  # fmt: skip
def test_a_dial_that_succeeds(kernel: str, timeout: float, loss: float, share: float, mean_s: float | None) -> None:
    """**Exact**: share 1 − p^k of k SYNs in time, mean time of these Σ t_i p^i (1 − p)/(1 − p^k). 20 runs of 500 dials.

    p = 0.7 and 5 s is the audited client's dial, 0.832 with a current kernel, 0.657 with one before Linux 6.5.
    """
    sent = [at_s for at_s in SYN_SCHEDULES[kernel].sent_s if at_s < timeout]
    formula_s = sum(at_s * loss**n * (1 - loss) for n, at_s in enumerate(sent)) / (1 - loss ** len(sent))
    assert share == pytest.approx(1 - loss ** len(sent), abs=1e-3)
    assert mean_s is None or formula_s == pytest.approx(mean_s, abs=1e-3)
    transport = {"dial_timeout": timeout, "keep_alive": False}
    data = two_nodes(
        {"every": 40.0}, {"takes": 0.0}, duration=20_000.0, transport=transport, kernel=kernel,
        link={"latency": 0.0, "loss": loss},
    )  # fmt: skip
    connects = [World(data, seed, trace=True).run().attempts["connect_s"] for seed in range(20)]
    exact([float(np.isfinite(each).mean()) for each in connects], 1 - loss ** len(sent))
    exact([float(np.nanmean(each)) for each in connects], formula_s)


def test_the_syns_of_a_current_kernel() -> None:
    """Measured on Linux 6.18 by TCP_INFO, within 3 %: ten more SYNs, the last after 68.5 s, the end after 131 s."""
    measured = (0, 1.01, 2.03, 3.06, 4.08, 5.11, 7.12, 11.19, 19.37, 35.51, 68.53)
    assert SYN_SCHEDULES["linux-6.5"].sent_s == pytest.approx(measured, rel=0.03)
    assert SYN_SCHEDULES["linux-6.5"].gives_up_s == pytest.approx(131, rel=0.03)


@pytest.mark.parametrize(("name", "fails", "retries"), [
    ("aws-standard", "errors", 35), ("aws-standard", "hangs", 35), ("aws-standard-old", "errors", 100),
    ("aws-standard-old", "hangs", 50), ("aws-java", "errors", 100),
])  # fmt: skip
def test_an_outage_uses_the_quota_up(name: str, fails: str, retries: int) -> None:
    """**Exact**: floor(500/cost) retries of a client in a total outage, cost 14, 5, 10 or 5, and then none at all."""
    serves = {"takes": 5.0, "at_once": 99} if fails == "hangs" else {"takes": 0.0, "at_once": 99, "errors": 1.0}
    transport = OPEN | {"total_timeout": 1.0}
    policy = preset_bodies("policies")[name]
    calls = World(two_nodes({"every": 60.0}, serves, duration=4800.0, transport=transport, policy=policy)).run().calls
    assert int((calls["attempts"] - 1).sum()) == retries
    assert set(calls["attempts"][55:].tolist()) == {1}


def drains_above(cost: float) -> float:
    """Return the failure rate above which a quota drains that costs `cost` a retry: three tries, sequential calls."""
    return float(brentq(lambda p: (1 - p) - cost * p**2 * (1 - p) - 2 * cost * p**3, 0.01, 0.99))


def sequential(
    policy: AnyPolicy, attempts: Callable[[int], Callable[[float | None], Reply]], runs: int, calls: int, settles: int
) -> tuple[list[float], list[float]]:
    """Return tries per call and success of each run of one client that calls again and again, once it has settled."""
    tries, success = [], []
    for seed in range(runs):
        attempt, shared = attempts(seed), policy.new_shared()
        for _ in range(settles):
            play(policy, attempt, middle, shared)
        ends = [play(policy, attempt, middle, shared)[0] for _ in range(calls)]
        tries.append(sum(end.attempts for end in ends) / calls)
        success.append(sum(end.outcome == "ok" for end in ends) / calls)
    return tries, success


def timeouts(seed: int, loss: float) -> Callable[[float | None], Reply]:
    """Return attempts that time out at once, each with the same chance."""
    fails = uniforms(seed)
    return lambda _: Reply(0.0, "timeout") if next(fails) < loss else Reply(0.0)


QUOTAS = {14: ("aws-standard", flips), 10: ("aws-standard-old", timeouts), 5: ("aws-standard-old", flips)}


@pytest.mark.parametrize(("cost", "published"), [(14, 0.2149), (10, 0.2460), (5, 0.3207)])
def test_a_quota_drains_above_a_failure_rate(cost: int, published: float) -> None:
    """**Exact**: p* solves (1−p) = c·p²(1−p) + 2c·p³. At 0.8·p* every retry is made, at 1.25·p* (1−p)/(c·p) of them.

    Ten runs of 2,000 calls, after 2,500 in which the quota drains.
    """
    limit = drains_above(cost)
    assert limit == pytest.approx(published, abs=5e-5)
    name, attempts = QUOTAS[cost]
    for loss in (0.8 * limit, 1.25 * limit):
        made = loss + loss**2 if loss < limit else (1 - loss) / (cost * loss)
        tries, success = sequential(policy_preset(name).policy, lambda s, p=loss: attempts(s, p), 10, 2000, 2500)
        exact(tries, 1 + made)
        exact(success, (1 - loss) * (1 + made))


BUDGETS = {  # failure rate → tries per call, success
    "aws-java": {0.1: (1.1100, 0.9990), 0.2: (1.2400, 0.9920), 0.3: (1.3903, 0.9730), 0.5: (1.1998, 0.5998)},
    "aws-standard": {0.1: (1.1100, 0.9990), 0.2: (1.2400, 0.9920), 0.3: (1.1666, 0.8165), 0.5: (1.0714, 0.5357)},
    "grpc-example": {0.1: (1.0205, 0.9185), 0.2: (1.0000, 0.8001), 0.3: (1.0000, 0.7000), 0.5: (1.0000, 0.5001)},
    "token-bucket": {0.1: (1.0931, 0.9838), 0.2: (1.1000, 0.8801), 0.3: (1.1000, 0.7699), 0.5: (1.1000, 0.5500)},
}


@pytest.mark.parametrize(("name", "loss", "calls"), full(
    *((name, loss) for name, row in BUDGETS.items() for loss in row), few=3000, many=100_000,
))  # fmt: skip
def test_budgets_of_one_sequential_client(name: str, loss: float, calls: int) -> None:
    """The simulated table, se ≤ 0.0004 and 0.0005. Ten runs of 3,000 calls after 2,500; of 100,000 for the soak.

    aws-java costs 5 a retry, aws-standard 14, both with three tries; gRPC 10 tokens, 0.1, four tries.
    """
    tries, success = sequential(policy_preset(name).policy, lambda seed: flips(seed, loss), 10, calls, 2500)
    agrees_with(tries, BUDGETS[name][loss][0], 0.0004)
    agrees_with(success, BUDGETS[name][loss][1], 0.0005)


@pytest.mark.parametrize("ratio", [0.1, 0.5])
def test_grpc_stops_retrying_above_a_share_of_failures(ratio: float) -> None:
    """**Exact** for many tokens: below ratio/(1 + ratio) failed tries (9.09 % for 0.1) every retry is made, above none.

    100 tokens, four tries; at 0.7 and 1.4 times that share; ten runs of 1,000 calls, after 4,000.
    """
    limit = ratio / (1 + ratio)
    policy = Retry(attempts=4, budget=Grpc(tokens=100, ratio=ratio))
    below, above = 0.7 * limit, 1.4 * limit
    exact(sequential(policy, lambda seed: flips(seed, below), 10, 1000, 4000)[0], (1 - below**4) / (1 - below))
    assert set(sequential(policy, lambda seed: flips(seed, above), 10, 1000, 4000)[0]) == {1.0}


@pytest.mark.parametrize(("name", "result", "loss", "share"), [
    ("finagle", "refused", 1.0, 0.21), ("finagle", "refused", 0.5, 0.21),
    ("linkerd-serviceprofile", "status", 1.0, 0.01), ("linkerd-serviceprofile", "status", 0.5, 0.1222),
])  # fmt: skip
def test_a_fifth_and_ten_a_second(name: str, result: Any, loss: float, share: float) -> None:
    """**Exact** bound: at 1,000 calls/s at most 0.2·10,000 + 10·10 = 2,100 retries in 10 s (whole slices of it): 21 %.

    Source: finagle.github.io, 2016-02-08. Finagle reaches it. Linkerd's ServiceProfile earns by calls that are ok only:
    retries r a call = 0.2·(1 − p)·(1 + r) + 0.01, that is 12.2 % at p = 0.5 and 1 % in an outage. 25 s, within 1 %.
    """
    policy = policy_preset(name).policy
    shared, fails = policy.new_shared(), uniforms(1)
    retries = np.zeros(25)

    def end(_: int) -> End:
        return End(0.0, result if next(fails) < loss else "ok", 503)

    for number in range(25_000):
        at_s = number / 1000
        retries[int(at_s)] += run(policy, end, shared=shared, now_s=at_s)[0].attempts - 1
    most = float(np.convolve(retries, np.ones(10), "valid").max())
    assert most <= 2100
    assert most == pytest.approx(10_000 * share, rel=0.01)


def lost_at_three(offered: float) -> float:
    """Return Erlang's B for three places."""
    terms = [offered**n / math.factorial(n) for n in range(4)]
    return terms[3] / sum(terms)


@pytest.mark.parametrize(("rate", "takes"), [(20.0, 0.1), (100.0, 0.1), (100.0, 0.5)])
def test_three_retries_at_one_time(rate: float, takes: float) -> None:
    """**Exact**: Envoy's default makes λ(1 − B(3, λ(T + 12.5 ms))) retries/s of calls that all fail, below 3/(T + …).

    Each retry holds one of three places for its pause, U(0, 25 ms), and its try: Erlang's loss system, whatever the
    distribution. Eight runs of 60 s.
    """
    serves = {"takes": takes, "at_once": 10**4, "errors": 1.0}
    policy = preset_bodies("policies")["envoy-5xx"]
    data = two_nodes({"poisson": rate}, serves, duration=60.0, transport=OPEN, policy=policy)
    held_s = takes + 0.0125
    formula_per_s = rate * (1 - lost_at_three(rate * held_s))
    assert formula_per_s < 3 / held_s
    exact([retries_per_s(World(data, seed).run().calls) for seed in range(8)], formula_per_s)


def retries_per_s(calls: Any) -> float:
    """Return the retries of the calls of its fifth to 55th second."""
    began = calls[(calls["t_s"] >= 5) & (calls["t_s"] < 55)]
    return float((began["attempts"] - 1).sum()) / 50


def envoy(attempts: int) -> Retry:
    """Return the preset with as many attempts."""
    policy = policy_preset("envoy-5xx").policy
    assert isinstance(policy, Retry)
    return policy.model_copy(update={"attempts": attempts})


def test_envoys_pauses() -> None:
    """Measured on Envoy 1.40.0, upstream always 503, n = 300: means within 5 % + 3·se of ours and 2.5 ms of transport.

    14.8, 26.2, 53.2, 103.5, 127.1, 132.0 ms, the largest 28.9, 53, 100, 202, 251, 255. It draws whole ms, U[0, 25) …
    U[0, 250), so that its means are half a millisecond below ours. 2,000 calls.
    """
    stream = Stream(1, "pauses")
    pauses = np.array([waits(run(envoy(7), [End(0.0, "status", 503)], draw=stream.row(n))[1]) for n in range(2000)])
    means_s = np.array((14.8, 26.2, 53.2, 103.5, 127.1, 132.0)) / 1000
    caps_s = np.array((25, 50, 100, 200, 250, 250)) / 1000
    error = 3 * caps_s / math.sqrt(12) * math.sqrt(1 / 300 + 1 / 2000)
    assert (np.abs(pauses.mean(axis=0) + 0.0025 - means_s) <= error + 0.05 * means_s).all()
    assert (pauses.max(axis=0) < caps_s).all()
    assert pauses.max(axis=0) == pytest.approx(np.array((28.9, 53, 100, 202, 251, 255)) / 1000 - 0.0025, rel=0.07)


def test_envoy_gives_all_retries_to_the_first_three() -> None:
    """Measured on Envoy 1.40.0: of 50 calls at once with six retries allowed 3 got all six, 47 none (max_retries 3)."""
    calls = together(envoy(7), [(0.0, [End(0.001, "status", 503)])] * 50)
    assert sorted(call.sent for call in calls) == [1] * 47 + [7] * 3
