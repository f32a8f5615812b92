"""A driver without a clock: it plays a policy against a list of ends and writes down what was asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from sim.policy import Outcome, Reply, Try, Wait

Log = list[tuple[float, Try | Wait]]


def play(
    policy: Any,
    ends: Iterable[Reply],
    *,
    draw: Callable[[int], float] = lambda n: 0.5,
    shared: Any = None,
    now_s: float = 0.0,
) -> tuple[Log, Outcome]:
    """Return the steps with their instants, and the outcome. A reply's `took_s` is how long its try takes."""
    call = policy.call(now_s, draw, shared)
    replies, log, at_s = iter(ends), [], now_s
    try:
        step = next(call)
        while True:
            log.append((at_s, step))
            reply = Reply(at_s + step.for_s) if isinstance(step, Wait) else next(replies)
            if isinstance(step, Try):
                within = step.timeout_s is None or reply.took_s < step.timeout_s
                took_s = reply.took_s if within else step.timeout_s
                reply = reply._replace(at_s=at_s + took_s, result=reply.result if within else "timeout")
            at_s = reply.at_s
            step = call.send(reply)
    except StopIteration as end:
        return log, end.value


@pytest.fixture(scope="session", name="play")
def _play() -> Callable[..., tuple[Log, Outcome]]:
    return play
