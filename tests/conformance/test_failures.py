"""Each way in which an attempt can fail has one name, and the same marks, in the simulation and on real sockets."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from loopback import Act
from two_arms import Asked, Case, real, simulated

from chaos.client.loop import run
from sim.policy import Hedge, Once, Reply, Retry
from sim.policy.presets import policy_preset

KEPT: dict[str, Any] = {"total_timeout": 0.3, "dial_timeout": 0.2, "retry_stale": False}
FRESH = KEPT | {"keep_alive": False}
BAD = (Act(), Act("close"))  # a good answer, then the death of the connection that was kept


class Ways(NamedTuple):
    """What is done to a client, over which transport, and how its last attempt ends: result, wrote, read, reused."""

    acts: tuple[Act, ...]
    transport: dict[str, Any]
    ends: tuple[str, bool, bool, bool]
    calls: int = 1


WAYS = {
    "nobody listens": Ways((Act("refuse"),), FRESH, ("refused", False, False, False)),
    "no route": Ways((Act("no-route"),), FRESH, ("unreachable", False, False, False)),
    "SYNs unanswered, the dial's limit": Ways((Act("deaf"),), FRESH, ("dial_timeout", False, False, False)),
    "SYNs unanswered, the attempt's limit": Ways(
        (Act("deaf"),), FRESH | {"total_timeout": 0.1}, ("dial_timeout", False, False, False)
    ),
    "RST under the first request": Ways((Act("reset"),), FRESH, ("reset", True, False, False)),
    "FIN under the first request": Ways((Act("close"),), FRESH, ("reset", True, False, False)),
    "RST on a kept connection": Ways((Act(), Act("reset")), KEPT, ("stale", True, False, True), 2),
    "FIN on a kept connection": Ways(BAD, KEPT, ("stale", True, False, True), 2),
    "sent once more": Ways((*BAD, Act()), KEPT | {"retry_stale": True}, ("ok", True, True, False), 2),
    "sent once more, and lost again": Ways(
        (*BAD, Act("close")), KEPT | {"retry_stale": True}, ("reset", True, False, False), 2
    ),
    "sent once more, and refused": Ways(
        (*BAD, Act("refuse")), KEPT | {"retry_stale": True}, ("stale", True, False, False), 2
    ),
    "half an answer": Ways((Act("cut"),), FRESH, ("cut", True, True, False)),
    "silence, the attempt's limit": Ways((Act("silence"),), FRESH, ("timeout", True, False, False)),
    "silence, the reader's limit": Ways(
        (Act("silence"),), FRESH | {"read_timeout": 0.1}, ("timeout", True, False, False)
    ),
    "silence on a kept connection": Ways((Act(), Act("silence")), KEPT, ("timeout", True, False, True), 2),
    "an answer that says no": Ways((Act(status=503),), FRESH, ("status", True, True, False)),
    "a kept connection": Ways((Act(), Act()), KEPT, ("ok", True, True, True), 2),
    "a connection that was idle too long": Ways((Act(),), KEPT | {"idle_timeout": 0.001}, ("ok", True, True, False), 2),
    "no connection is kept": Ways((Act(),), KEPT | {"idle_per_host_max": 0}, ("ok", True, True, False), 2),
}


def _last(asked: list[Asked]) -> Reply:
    return asked[-1].told[-1].reply


def _marks(reply: Reply) -> tuple[str, bool, bool, bool]:
    return reply.result, reply.wrote, reply.read, reply.reused


@pytest.mark.parametrize("way", WAYS)
def test_both_arms_call_it_the_same(way: str):
    """What is known of a failed attempt (result, written, read, reused) does not hang on whether it was real."""
    acts, transport, ends, calls = WAYS[way]
    case = Case(Once(), acts, calls, transport)
    assert (_marks(_last(simulated(case))), _marks(_last(run(real(case))))) == (ends, ends)


def test_a_limit_ends_what_waits_for_a_connection():
    """Where one connection is allowed, a copy that waits for it and is given up was certainly not carried out."""
    hedge = policy_preset("grpc-hedging").policy.model_copy(
        update={"attempts": 2, "after": 0.03, "try_timeout": 0.06, "budget": None}
    )
    case = Case(hedge, (Act("silence"),), 1, KEPT | {"per_host_max": 1})
    told = [[(type(step), _marks(reply)) for step, reply in arm[0].told] for arm in (simulated(case), run(real(case)))]
    assert told[0] == told[1]
    assert told[0][0][0] is Hedge


def test_a_wish_for_a_pause_is_heard():
    """A Retry-After of the server is in the reply, in seconds, in both arms, and the policy obeys it."""
    policy = Retry.model_validate({"attempts": 2, "backoff": "1ms"})
    case = Case(policy, (Act(status=503, retry_after_s=0.04), Act()), 1, FRESH)
    for arm in (simulated(case), run(real(case))):
        first, wait, last = arm[0].told
        assert (first.reply.retry_after_s, wait.step.for_s, last.reply.result) == (0.04, 0.04, "ok")
        assert wait.reply.at_s - first.reply.at_s >= 0.04 - 1e-9
