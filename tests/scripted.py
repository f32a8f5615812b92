"""A driver in virtual time that plays a policy against a script, and writes down what was asked of it and when.

The script says how each attempt goes, by its number; the driver keeps the clock and hears, at each moment, whatever
ends first: an attempt under way, or the patience of a `Hedge` or a `Wait`. It does what the simulated and the
real-time driver do, without a network, so that a policy can be held to a schedule. `run` plays one call; `together`
plays several that share a client's state, in the order of time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sim.policy import PASSED, Decisions, Draw, Hedge, Outcome, Policy, Reply, Result, Step, Try, Wait

__all__ = ["End", "Heard", "Playing", "middle", "run", "together", "waits"]

MOST_STEPS = 100_000  # a policy that asks for more does not end


class End(NamedTuple):
    """How an attempt goes if nobody ends it sooner. `inf` never answers: only a timeout ends it."""

    took_s: float = 0.0
    result: Result = "ok"
    status: int = 200
    retry_after_s: float | None = None
    wrote: bool = True


class Heard(NamedTuple):
    """One step: when it was asked for, what it was, and what the policy heard of it."""

    at_s: float
    step: Step
    reply: Reply


Script = Sequence[End] | Callable[[int], End]


def middle(_: int) -> float:
    """Return the middle of every draw."""
    return 0.5


class Playing:
    """One call being played. `outcome` is None while it goes on; `log` holds every step that was heard of.

    `script[i]`, or `script(i)`, is how attempt i goes; a sequence's last entry serves for all further attempts.
    """

    def __init__(self, decisions: Decisions, script: Script, now_s: float = 0.0) -> None:
        self.at_s, self.sent = now_s, 0
        self.outcome: Outcome | None = None
        self.log: list[Heard] = []
        self._decisions, self._script = decisions, script
        self._under_way: dict[int, tuple[float, Reply]] = {}  # attempt → when it ends, and how
        self._send(None)

    @property
    def hears_s(self) -> float:
        """When the policy hears of something next."""
        return self._next().at_s

    def go_on(self) -> None:
        """Let the policy hear of what comes next."""
        reply = self._next()
        assert math.isfinite(reply.at_s), "waits without a limit for what never ends"
        self._under_way.pop(reply.attempt, None)
        self.log.append(Heard(self.at_s, self._step, reply))
        self.at_s = reply.at_s
        self._send(reply)

    def close(self) -> None:
        """Go away, as a caller does that no longer wants the answer."""
        self._decisions.close()

    def _send(self, reply: Reply | None) -> None:
        try:
            self._step: Step = self._decisions.send(reply)  # type: ignore[arg-type]
        except StopIteration as end:
            self.outcome = end.value
            return
        if not isinstance(self._step, Wait):
            self._under_way[self.sent] = self._attempt(self._step)
            self.sent += 1
        self._passes_s = self.at_s + _patience_s(self._step)

    def _attempt(self, step: Try | Hedge) -> tuple[float, Reply]:
        """Return when an attempt ends, and its reply: a timeout where the step allows it less than it takes."""
        end = self._script(self.sent) if callable(self._script) else self._script[min(self.sent, len(self._script) - 1)]
        took_s, result = end.took_s, end.result
        if step.timeout_s is not None and took_s >= step.timeout_s:
            took_s, result = step.timeout_s, "timeout" if end.wrote else "dial_timeout"
        reply = Reply(
            self.at_s + took_s, result, end.status, took_s, wrote=end.wrote, read=result in ("ok", "status"),
            retry_after_s=end.retry_after_s, attempt=self.sent,
        )  # fmt: skip
        return reply.at_s, reply

    def _next(self) -> Reply:
        """Return the end of the attempt that ends first (the older one of two), or that time has passed before it."""
        ends_s, reply = min(self._under_way.values(), key=lambda item: item[0], default=(math.inf, None))
        if reply is None or self._passes_s < ends_s:
            return Reply(self._passes_s, attempt=PASSED)
        return reply


def run(
    policy: Policy | Decisions,
    script: Script,
    *,
    shared: Any = None,
    draw: Draw = middle,
    now_s: float = 0.0,
) -> tuple[Outcome, list[Heard]]:
    """Play one call; return how it ended, and every step with its reply.

    `shared=None` makes the policy's own fresh state; pass `policy.new_shared()` to go on with one over several calls.
    A generator may stand in the policy's place.
    """
    if hasattr(policy, "call"):
        policy = policy.call(now_s, draw, policy.new_shared() if shared is None else shared)
    playing = Playing(policy, script, now_s)
    for _ in range(MOST_STEPS):
        if playing.outcome is not None:
            return playing.outcome, playing.log
        playing.go_on()
    raise AssertionError(f"no end after {MOST_STEPS} steps")


def together(
    policy: Policy,
    calls: Iterable[tuple[float, Script]],
    *,
    shared: Any = None,
    draws: Callable[[int], Draw] = lambda _: middle,
) -> list[Playing]:
    """Play calls that share one client's state, each from its own instant on, in the order of time; return them all.

    `draws(i)` gives the draws of call i. Calls must be in the order of their starts.
    """
    shared = policy.new_shared() if shared is None else shared
    played: list[Playing] = []
    going: list[Playing] = []
    for number, (starts_s, script) in enumerate(calls):
        _until(going, starts_s)
        playing = Playing(policy.call(starts_s, draws(number), shared), script, starts_s)
        played.append(playing)
        if playing.outcome is None:
            going.append(playing)
    _until(going, math.inf)
    return played


def waits(log: Iterable[Heard]) -> list[float]:
    """Return the pauses of a log, in seconds."""
    return [heard.step.for_s for heard in log if isinstance(heard.step, Wait)]


def _until(going: list[Playing], until_s: float) -> None:
    """Let calls go on, whoever hears first, as long as that is before `until_s`; take out those that have ended."""
    for _ in range(MOST_STEPS):
        first = min(going, key=lambda playing: playing.hears_s, default=None)
        if first is None or first.hears_s >= until_s:
            return
        first.go_on()
        if first.outcome is not None:
            going.remove(first)
    raise AssertionError(f"no end after {MOST_STEPS} steps")


def _patience_s(step: Step) -> float:
    if isinstance(step, Try):
        return math.inf
    return step.for_s if isinstance(step, Wait) else step.patience_s
