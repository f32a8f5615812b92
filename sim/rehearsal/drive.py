"""One call of a policy in virtual time: a third driver beside the simulated and the real one, without a world.

It keeps the contract of `sim.policy.steps`: any number of attempts may be under way, whatever ends first is heard
first, and what is still under way when the call ends is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, NamedTuple

from sim.policy import PASSED, Draw, Hedge, Outcome, Policy, Reply, Result, Try, Wait
from sim.rehearsal.scripts import Script

__all__ = ["LONGEST_S", "MOST_TRIES", "Rehearsed", "Sent", "rehearse"]

MOST_TRIES = 24  # of a call that goes on and on: what comes later is more of the same
LONGEST_S = 24 * 3600.0  # a day: a policy that waits longer will not be watched to its end


class Sent(NamedTuple):
    """One attempt: when it began, when it ended, and how."""

    begin_s: float
    end_s: float
    result: Result


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One call: its attempts in the order of their sending; its end, or None if it was still going on when we left."""

    tries: tuple[Sent, ...]
    outcome: Outcome | None
    ended_s: float


class _Call:
    """The attempts of one call that are under way, and what has been sent so far."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._under_way: list[tuple[float, int, Reply]] = []  # a heap: what ends first stands first
        self.sent: list[Sent] = []
        self.now_s = 0.0

    def carry_out(self, step: Try | Hedge | Wait) -> Reply:
        """Do a step; return what is heard first."""
        until_s = float("inf")
        if isinstance(step, Wait):
            until_s = self.now_s + step.for_s
        else:
            self._send(step.timeout_s)
            if isinstance(step, Hedge):
                until_s = self.now_s + step.patience_s
        if self._under_way and self._under_way[0][0] <= until_s:
            self.now_s, _, reply = heappop(self._under_way)
            return reply
        self.now_s = until_s
        return Reply(until_s, attempt=PASSED)

    def _send(self, timeout_s: float | None) -> None:
        number = len(self.sent)
        answer = self._script(number)
        limit_s = float("inf") if timeout_s is None else timeout_s
        if answer.took_s > limit_s:
            answer = answer._replace(took_s=limit_s, result="timeout", wrote=True, read=False, retry_after_s=None)
        ends_s = self.now_s + answer.took_s
        self.sent.append(Sent(self.now_s, ends_s, answer.result))
        heappush(self._under_way, (ends_s, number, answer._replace(at_s=ends_s, attempt=number)))

    def given_up(self) -> None:
        """End what is still under way now."""
        for _, number, _ in self._under_way:
            self.sent[number] = Sent(self.sent[number].begin_s, self.now_s, "cancelled")


def rehearse(policy: Policy, script: Script, draw: Draw, shared: Any = None) -> Rehearsed:
    """Return one call that begins at 0 against a scripted server; a fresh client's, where `shared` is not given.

    A call of more than `MOST_TRIES` tries, or longer than `LONGEST_S`, is left before its end.
    """
    decisions = policy.call(0.0, draw, policy.new_shared() if shared is None else shared)
    call = _Call(script)
    try:
        step = next(decisions)
        while len(call.sent) < MOST_TRIES or isinstance(step, Wait):
            reply = call.carry_out(step)
            if call.now_s > LONGEST_S:
                break
            step = decisions.send(reply)
    except StopIteration as ended:
        call.given_up()
        return Rehearsed(tuple(call.sent), ended.value, call.now_s)
    decisions.close()
    call.given_up()
    return Rehearsed(tuple(call.sent), None, call.now_s)
