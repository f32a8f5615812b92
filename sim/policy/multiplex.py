"""One policy over another: each attempt of the outer one is a whole call of the inner one.

Several inner calls may be under way at once (an outer hedge over inner retries), each with attempts, pauses and
patience of its own. Here they become one stream of steps, as if one policy had decided them: a pure multiplexer of
generators. A driver has one clock for a call; the instants at which the outer policy and each inner call want to be
woken are kept here, and the next step waits for the earliest.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from sim.policy.once import MAYBE_DONE
from sim.policy.steps import PASSED, Decisions, Draw, Hedge, Outcome, Reply, Result, Step, Try, Wait
from sim.policy.within import cut_to

__all__ = ["Begin", "child", "over"]

Begin: TypeAlias = Callable[[float, Draw], Decisions]
"""Begins an inner call: (at_s, its draws) → its decisions."""


def child(draw: Draw, number: int) -> Draw:
    """Return the draws of the inner call of that number.

    An inner call must not share numbers with its siblings, with the outer policy, or with calls further in, whose draws
    are children of these again. Its n-th number is therefore the outer call's draw at a hash of (number, n): 40 bits,
    so that the few that one call uses hardly ever meet, with bit 40 set, so that they never meet the small numbers that
    a policy uses by itself. The hash is SplitMix64's finaliser, as in `sim.plan.streams`.
    """
    salt = (number + 1) * 0x9E3779B97F4A7C15

    def drawn(n: int) -> float:
        z = (salt + (n + 1) * 0xD1342543DE82EF95) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return draw(1 << 40 | (z ^ (z >> 31)) >> 24)

    return drawn


_MASK = (1 << 64) - 1


def over(outer: Decisions, begin: Begin, now_s: float, draw: Draw) -> Decisions:
    """Return the decisions of a call of `outer`, which must not have begun, over calls that `begin` begins."""
    stack = _Stack(outer, begin, draw)
    try:
        step = stack.first(now_s)
        while not isinstance(step, Outcome):
            step = stack.heard((yield step))
        return step
    finally:
        stack.close()


class _Inner:
    """One inner call under way, which is the attempt `number` of the outer policy."""

    __slots__ = ("attempts", "began_s", "decisions", "last", "maybe", "number", "wakes_s")

    def __init__(self, decisions: Decisions, number: int, at_s: float) -> None:
        self.decisions, self.number, self.began_s = decisions, number, at_s
        self.wakes_s = math.inf
        self.attempts = 0
        self.last: Reply | None = None
        self.maybe: Result = "timeout"  # the last end of an attempt that may have been carried out

    def reply(self, outcome: Outcome, at_s: float) -> Reply:
        """Return what the outer policy hears of this call's end."""
        last, reason = self.last, outcome.reason
        unknown = outcome.outcome == "unknown"
        if outcome.outcome == "ok":
            reason = "ok"
        elif unknown and reason not in MAYBE_DONE:
            reason = self.maybe
        took_s = at_s - self.began_s
        if last is None or reason not in ("ok", "status"):
            return Reply(at_s, reason, took_s=took_s, wrote=unknown, attempt=self.number)
        return Reply(
            at_s, reason, last.status, took_s, last.reused, last.wrote, last.read, last.retry_after_s, self.number
        )


class _Stack:
    """The outer policy, the inner calls, and who waits for what."""

    __slots__ = ("_begin", "_begun", "_draw", "_due_s", "_hidden", "_inner", "_outer", "_owners", "_starts",
                 "_wakes_s")  # fmt: skip

    def __init__(self, outer: Decisions, begin: Begin, draw: Draw) -> None:
        self._outer, self._begin, self._draw = outer, begin, draw
        self._inner: dict[int, _Inner] = {}
        self._owners: list[tuple[_Inner, int]] = []  # by attempt: whose it is, and its number there
        self._starts: deque[tuple[_Inner, Try | Hedge]] = deque()  # attempts to be made, one a step
        self._wakes_s = math.inf  # when the outer policy wants to hear that nothing has ended
        self._due_s = math.inf  # the earliest such instant of all, for which the last step waits
        self._begun = 0
        self._hidden: Result = "ok"  # the failure behind the last ok of an inner call, if a fallback answered

    def first(self, now_s: float) -> Step | Outcome:
        """Begin."""
        return self._goes_on(None, None, now_s) or self._listen(now_s)

    def heard(self, reply: Reply) -> Step | Outcome:
        """Pass a reply on to whom it concerns; return the next step, or how the call ended."""
        at_s = reply.at_s
        if reply.attempt == PASSED:
            end = self._wake(at_s)
        else:
            inner, number = self._owners[reply.attempt]
            end = None
            if self._inner.get(inner.number) is inner:  # else its call was over before: nobody hears of it
                inner.last = reply
                if reply.wrote and reply.result in MAYBE_DONE:
                    inner.maybe = reply.result
                end = self._goes_on(inner, reply if number == reply.attempt else reply._replace(attempt=number), at_s)
        return end or self._listen(at_s)

    def close(self) -> None:
        """Give up whatever is under way, from the outside in."""
        self._outer.close()
        for inner in self._inner.values():
            inner.decisions.close()

    def _wake(self, at_s: float) -> Outcome | None:
        """Tell whose time has come that it has passed: inner calls first, in the order of their beginning."""
        due_s = max(self._due_s, at_s)
        passed = Reply(at_s, attempt=PASSED)
        for inner in [inner for inner in self._inner.values() if inner.wakes_s <= due_s]:
            end = self._goes_on(inner, passed, at_s)
            if end is not None:
                return end
        return self._goes_on(None, passed, at_s) if self._wakes_s <= due_s else None

    def _goes_on(self, who: _Inner | None, reply: Reply | None, at_s: float) -> Outcome | None:
        """Tell an inner call, or the outer policy (None), and whom that concerns in turn, until all of them wait."""
        while True:
            decisions = self._outer if who is None else who.decisions
            try:
                step = decisions.send(reply)  # type: ignore[arg-type]  # None starts a generator
            except StopIteration as end:
                outcome: Outcome = end.value
                if who is None:
                    return self._whole(outcome)
                del self._inner[who.number]
                if outcome.outcome == "ok":
                    self._hidden = outcome.reason
                reply, who = who.reply(outcome, at_s), None
                continue
            wakes_s = _wakes_s(step, at_s)
            if who is not None:
                who.wakes_s = wakes_s
                if not isinstance(step, Wait):
                    self._starts.append((who, step))
                return None
            self._wakes_s = wakes_s
            if isinstance(step, Wait):
                return None
            who, reply = self._new(step, at_s), None

    def _new(self, step: Try | Hedge, at_s: float) -> _Inner:
        """Return a further inner call, which has not begun."""
        number = self._begun
        self._begun += 1
        decisions = self._begin(at_s, child(self._draw, number))
        if step.timeout_s is not None:
            decisions = cut_to(decisions, at_s, step.timeout_s)
        inner = self._inner[number] = _Inner(decisions, number, at_s)
        return inner

    def _listen(self, at_s: float) -> Step:
        """Return the next step: the next attempt that is to be made, or a wait for whoever wants to be woken first."""
        wakes_s = self._wakes_s
        for inner in self._inner.values():
            wakes_s = min(wakes_s, inner.wakes_s)
        self._due_s = wakes_s
        if not self._starts:
            return Wait(max(0.0, wakes_s - at_s))
        inner, step = self._starts.popleft()
        self._owners.append((inner, inner.attempts))
        inner.attempts += 1
        if self._starts:
            return Hedge(step.timeout_s, 0.0)
        if wakes_s == math.inf:
            return step if isinstance(step, Try) else Try(step.timeout_s)
        return Hedge(step.timeout_s, max(0.0, wakes_s - at_s))

    def _whole(self, outcome: Outcome) -> Outcome:
        """Return the outer policy's outcome with every attempt counted, and with the failure that a fallback hides."""
        reason = self._hidden if outcome.outcome == outcome.reason == "ok" else outcome.reason
        return Outcome(outcome.outcome, reason, len(self._owners))


def _wakes_s(step: Step, at_s: float) -> float:
    """Return when who yields this step wants to hear that nothing has ended."""
    if isinstance(step, Wait):
        return at_s + step.for_s
    return math.inf if isinstance(step, Try) else at_s + step.patience_s
