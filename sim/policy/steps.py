"""What a policy says and hears: the words between a decision and the driver that carries it out.

A policy is a generator. It yields a step (`Try`, `Hedge`, `Wait`), is sent a `Reply` when there is something to hear,
and returns an `Outcome`. It never looks at a clock (a `Reply` says when it came), draws nothing by itself (`draw(n)` is
the n-th uniform of this call) and opens nothing. Two short drivers, one in simulated and one in real time, own both.

Several attempts may be under way at once: `Hedge` starts one and hears "nothing yet" after its patience. From then on
whatever ends first is heard first, be it an attempt or the time of a `Wait`. When the call ends, what is still under
way is given up: the caller's side is closed, the work at the server goes on unless the server looks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

__all__ = [
    "CANCELLED", "FAILURES", "PASSED", "Decisions", "Draw", "Hedge", "Outcome", "Policy", "Reply", "Result", "Shared",
    "Step", "Try", "Wait",
]  # fmt: skip

Result: TypeAlias = Literal[
    "ok", "refused", "unreachable", "dial_timeout", "reset", "stale", "cut", "timeout", "status", "rejected",
    "cancelled",
]  # fmt: skip
FAILURES: tuple[Result, ...] = (
    "refused",  # RST to a SYN: host up, nobody listens (1 RTT)
    "unreachable",  # no route: an immediate error
    "dial_timeout",  # silence while connecting; nothing was sent, so the call certainly did not happen
    "reset",  # the connection died under the request
    "stale",  # a reused connection turned out dead before any answer byte
    "cut",  # the answer broke off in its middle
    "timeout",  # silence after the request was written: nobody knows whether it was done
    "status",  # an answer that says no (5xx, 429 …): `Reply.status`
    "rejected",  # refused by the policy itself (open breaker, empty budget): nothing was sent
)
CANCELLED: Result = "cancelled"  # how an attempt ends whose call had its answer before; no policy ever hears it
OutcomeKind: TypeAlias = Literal["ok", "failed", "unknown"]


class Try(NamedTuple):
    """Make one attempt; give up on it after `timeout_s` (connect to last byte; None = the transport's own limits).

    The reply is the end of this attempt, or of another one that is under way, if that is earlier.
    """

    timeout_s: float | None = None


class Hedge(NamedTuple):
    """Make one attempt as `Try` does, but hear that nothing has ended once `patience_s` have passed; it goes on."""

    timeout_s: float | None
    patience_s: float


class Wait(NamedTuple):
    """Let `for_s` seconds pass (`inf`: without a limit). An attempt under way that ends before is heard instead."""

    for_s: float


Step: TypeAlias = Try | Hedge | Wait


class Reply(NamedTuple):
    """What there is to hear. `wrote`/`read`: whether a request byte had left and an answer byte had come.

    `retry_after_s`: the pause that the server asks for; a negative one asks for no retry at all (gRPC's push-back).
    `attempt`: which attempt of the call ended, from 0 in the order of their sending; `PASSED` if only time has passed
    (then nothing but `at_s` means anything).
    """

    at_s: float
    result: Result = "ok"
    status: int = 200
    took_s: float = 0.0
    reused: bool = False
    wrote: bool = True
    read: bool = False
    retry_after_s: float | None = None
    attempt: int = 0


PASSED = -1  # `Reply.attempt` where only time has passed


class Outcome(NamedTuple):
    """How a call ended: `unknown` if any attempt may have been carried out without our hearing of it.

    An `ok` whose reason is not `ok` is degraded: a fallback stood in, and the reason is the failure that it hides.
    """

    outcome: OutcomeKind
    reason: Result
    attempts: int


Draw: TypeAlias = Callable[[int], float]
Decisions: TypeAlias = Generator[Step, Reply, Outcome]


class Shared(Protocol):
    """What outlives a call (breaker, budget, limiter), one per client. `snapshot()` is for traces and tests."""

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        ...


class Policy(Protocol):
    """A frozen value that decides. `shared` is what `new_shared()` made for this client."""

    def new_shared(self) -> Any:
        """Return fresh state for one client, or None if the policy keeps none."""
        ...

    def call(self, now_s: float, draw: Draw, shared: Any) -> Decisions:
        """Decide one call that starts at `now_s`."""
        ...
