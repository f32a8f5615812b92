"""A call that must end by a given instant, whatever its policy says: a timeout around it, or a deadline handed down."""

from __future__ import annotations

from sim.policy.once import MAYBE_DONE
from sim.policy.steps import PASSED, Decisions, Hedge, Outcome, Reply, Result, Step, Try, Wait

__all__ = ["SLACK_S", "cut_to"]

SLACK_S = 1e-6
"""A reply so close before the end came at the end: `start + left` and `end` differ in their last bits."""


def cut_to(decisions: Decisions, now_s: float, left_s: float) -> Decisions:
    """Return the same decisions, over by `now_s` + `left_s`. `decisions` must not have begun.

    Attempts get no more time than is left, so that they end by themselves. At the end the call is given up as its
    caller's going away would: what it holds is given back, and its guards hear nothing of the attempt that was cut off
    (Polly: a breaker does not count a cancellation by an outer timeout; Envoy: a reset by the client is no failure of
    the host). The outcome is then a timeout, and unknown if anything may have been carried out.
    """
    ends_s, at_s = now_s + left_s, now_s
    tally = _Tally()
    try:
        step = next(decisions)
        while left_s > SLACK_S or at_s == now_s:
            reply = yield _cut(step, left_s)
            at_s = reply.at_s
            left_s = ends_s - at_s
            tally.hear(step, reply)
            if left_s <= SLACK_S and (reply.attempt == PASSED or reply.result != "ok"):
                break
            step = decisions.send(reply)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    finally:
        decisions.close()
    return tally.timed_out()


def _cut(step: Step, left_s: float) -> Step:
    if isinstance(step, Wait):
        return step if step.for_s <= left_s else Wait(left_s)
    timeout_s = left_s if step.timeout_s is None else min(step.timeout_s, left_s)
    if isinstance(step, Try):
        return Try(timeout_s)
    return Hedge(timeout_s, min(step.patience_s, left_s))


class _Tally:
    """What was sent, and what of it may have been carried out."""

    __slots__ = ("_ended", "_last", "_maybe_done", "_sent")

    def __init__(self) -> None:
        self._sent = self._ended = 0
        self._maybe_done = False
        self._last: Result = "timeout"

    def hear(self, step: Step, reply: Reply) -> None:
        self._sent += not isinstance(step, Wait)
        self._last = "timeout"
        if reply.attempt != PASSED:
            self._ended += 1
            if reply.result == "dial_timeout":
                self._last = "dial_timeout"
            if reply.wrote and reply.result in MAYBE_DONE:
                self._maybe_done = True

    def timed_out(self) -> Outcome:
        maybe = self._maybe_done or self._sent > self._ended
        return Outcome("unknown" if maybe else "failed", self._last, self._sent)
