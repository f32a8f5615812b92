"""What policies cost in the simulator: attempts a second of guarded and hedging ones against none, and a survey."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.measure import Row, cpu_s, interleaved
from benchmarks.worlds import world
from sim.policy import policy_preset
from sim.run import simulate
from sim.spec.scenario import Scenario
from sim.suite import ADVERSITIES, compare_policies

__all__ = ["rows"]

BREAKER = {"kind": "consecutive", "failures": 5, "rest": 5.0}
BUDGET = {"kind": "token-bucket", "size": 10.0}
POLICIES = {
    "retry": {"kind": "retry", "attempts": 3, "backoff": 0.01},
    "breaker_budget": {"kind": "retry", "attempts": 3, "backoff": 0.01, "breaker": BREAKER, "budget": BUDGET},
    "hedge": {"kind": "hedge", "attempts": 2, "after": 0.1},
    "breaker_budget_hedge": {"kind": "hedge", "attempts": 2, "after": 0.1, "breaker": BREAKER, "budget": BUDGET},
}
SURVEYED = ("none", "aws-standard", "grpc", "envoy")


def _with(policy: dict[str, object] | None) -> Scenario:
    """Return the full world with every client's policy replaced; None: no retry."""
    data = world("full-world").model_dump(exclude_unset=True, by_alias=True)
    data["policies"] = {"measured": policy or {"kind": "none"}}
    for client in data["clients"].values():
        client["policy"] = "measured"
    return Scenario.model_validate(data)


def _attempts_per_s(scenario: Scenario) -> float:
    made = 0

    def run() -> None:
        nonlocal made
        made = int(simulate(scenario, "base", 1).calls["attempts"].sum())

    took_s = cpu_s(run)
    return made / took_s


def rows() -> Iterator[Row]:
    """Yield one row per policy, and how long the standard survey takes on all cores."""
    plain = _with(None)
    for name, policy in POLICIES.items():
        scenario = _with(policy)
        ours, _, ratio = interleaved(lambda s=scenario: _attempts_per_s(s), lambda: _attempts_per_s(plain))  # type: ignore[misc]
        limits = (0.7, 0.85) if name == "breaker_budget_hedge" else (None, None)
        yield Row(f"policy_{name}", ours, "attempts/s", "no retry, same world", ratio, *limits)
    assert all(policy_preset(name) for name in SURVEYED)
    begin = time.perf_counter()
    compare_policies(policies=SURVEYED, adversities=ADVERSITIES[:10], replications=10)
    yield Row("policies_survey", time.perf_counter() - begin, "s", "4 policies, 10 adversities, 10 replications")
