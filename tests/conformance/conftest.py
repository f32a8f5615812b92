"""The cases that both arms are given: every preset against every script, and the real arm's runs of them, made once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

import pytest
from loopback import Act
from pydantic import TypeAdapter
from two_arms import Asked, Case, difference, real, shortened, simulated

from chaos.client.loop import run
from sim.policy import AnyPolicy, Policy, policy_presets

Script: TypeAlias = tuple[tuple[Act, ...], int]  # what happens, and to how many calls
SCRIPTS: dict[str, Script] = {
    # a dozen answers that say no, then a good one
    "down": ((Act(status=503),) * 12 + (Act(),), 1),
    # one of everything
    "mixed": (
        (Act("refuse"), Act("reset"), Act(status=429, retry_after_s=0.03), Act("cut"), Act("refuse"), Act()),
        1,
    ),
    # two requests that are never answered, then a good answer
    "silent": ((Act("silence"), Act("silence"), Act()), 1),
    # answers that are late, then one that is not: hedges go out and are given up
    "slow": ((Act(after_s=0.08), Act(after_s=0.08), Act(status=503, after_s=0.04), Act()), 4),
    # call after call to a server that is sick for a while: what outlives a call (breakers, budgets) is at work
    "sick": ((Act(status=503),) * 20 + (Act(),), 25),
}
FRESH = {"keep_alive": False, "total_timeout": 0.25, "dial_timeout": 0.2}
LONGEST_S, DEADLINE_S = 1.2, 4.0
"""About how long a case takes; one with a deadline longer, since there a lag may decide whether a try is still made."""
FACTOR_MAX = 4.0  # hedges of 10 ms are made slower: an answer takes a millisecond or two
AT_ONCE = 32
TURNS = 10  # of the loop that one attempt takes: dial, connect, wrap, write, accept, read, wait, answer, read, tell
LEAST_S = 0.003  # a timer's millisecond at each end, and the millisecond that a simulated refusal takes


BESIDE: dict[str, dict[str, Any]] = {
    "three-at-once": {"kind": "hedge", "attempts": 3, "after": "0s"},
    "hedge": {"kind": "hedge", "attempts": 3, "after": "40ms", "try_timeout": "200ms", "deadline": "1s"},
    "hedge-breaker": {
        "kind": "hedge",
        "after": "30ms",
        "breaker": {"kind": "consecutive", "failures": 3, "rest": "10s"},
        "budget": {"kind": "concurrent", "limit": 1},
    },
    "mesh": {
        "kind": "layers",
        "layers": [
            {"kind": "retry", "attempts": 2, "backoff": "20ms", "deadline": "900ms"},
            {"kind": "retry", "attempts": 3, "backoff": {"kind": "exponential", "base": "10ms", "jitter": "full"}},
        ],
    },
    "hedged-retries": {
        "kind": "layers",
        "layers": [
            {"kind": "hedge", "attempts": 2, "after": "60ms"},
            {"kind": "retry", "attempts": 3, "try_timeout": "100ms", "backoff": "10ms"},
        ],
    },
}
"""What the presets leave out: copies at once, a hedge with guards, layers, a hedge over retries."""


class Arms(NamedTuple):
    """What both arms said. `lag_s`: what one step of the real one may take longer, from the lag measured meanwhile."""

    sim: list[Asked]
    real: list[Asked]
    lag_s: float


class Heartbeat:
    """Measures how late a loop is: one beat each millisecond."""

    def __init__(self) -> None:
        self._late_s: list[float] = []

    async def beat(self) -> None:
        while True:
            begin_s = monotonic()
            await asyncio.sleep(0.001)
            self._late_s.append(monotonic() - begin_s - 0.001)

    async def during(self, work: Awaitable[list[Asked]]) -> tuple[list[Asked], float]:
        """Return what some work returns, and the worst lag while it was going on."""
        first = len(self._late_s)
        said = await work
        await asyncio.sleep(0.002)
        return said, max(self._late_s[first:])


def fitted(policy: Policy, script: Script, slower: float = 1.0) -> tuple[Case, list[Asked]]:
    """Return a case whose policy is shortened (or lengthened) so that it takes about LONGEST_S, and its simulation."""
    acts, calls = script
    longest_s = slower * (DEADLINE_S if getattr(policy, "deadline", None) is not None else LONGEST_S)
    factor, factor_max = 1.0, FACTOR_MAX * slower
    for _ in range(12):
        case = Case(shortened(policy, factor), acts, calls, FRESH)
        asked = simulated(case)
        ratio = longest_s / max(took_s(asked), longest_s / factor_max)
        if ratio >= 0.8 or factor == factor_max:
            break
        factor = min(factor * max(ratio * 0.95, 0.01), factor_max)
    return case, asked


def took_s(asked: list[Asked]) -> float:
    """Return when the last call ended; infinity if it did not."""
    last = asked[-1]
    if last.outcome is None:
        return math.inf
    return last.began_s + (last.told[-1].reply.at_s if last.told else 0.0)


async def _measured(case: Case, sim: list[Asked], beats: Heartbeat) -> Arms:
    said, late_s = await beats.during(real(case))
    return Arms(sim, said, LEAST_S + TURNS * late_s)


async def _together(asked: dict[str, tuple[Policy, Script]]) -> dict[str, Arms]:
    """Run many cases side by side; one that differs is run again alone, more slowly: a stall does not come back."""
    beats, places = Heartbeat(), asyncio.Semaphore(AT_ONCE)
    beating = asyncio.create_task(beats.beat())
    cases = {name: fitted(*of) for name, of in asked.items()}

    async def one(case: Case, sim: list[Asked]) -> Arms:
        async with places:
            return await _measured(case, sim, beats)

    found = dict(zip(cases, await asyncio.gather(*(one(*case) for case in cases.values())), strict=True))
    for name, of in asked.items():
        for slower in (1.0, 2.0, 4.0):
            if difference(*found[name]) is None:
                break
            found[name] = await _measured(*fitted(*of, slower), beats)
    beating.cancel()
    return found


@pytest.fixture(scope="session")
def arms() -> dict[str, Arms]:
    """Run every policy against every script in both arms; by `policy/script`."""
    policies = policy_presets() | {name: TypeAdapter(AnyPolicy).validate_python(of) for name, of in BESIDE.items()}
    return run(
        _together({f"{name}/{script}": (of, SCRIPTS[script]) for name, of in policies.items() for script in SCRIPTS})
    )
