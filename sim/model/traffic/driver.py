"""Who makes calls: a policy, the state that its calls share, and the pool they go through."""

from __future__ import annotations

from typing import Any

from sim.model.clock import Clock
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.call import Call
from sim.model.traffic.pool import Pool
from sim.policy.steps import Outcome, Policy, Reply

__all__ = ["Driver"]


class Driver:
    """The base of clients and of services that call others. `shared`: the policy's state that outlives a call."""

    trace = False
    priority = 0

    def __init__(self, clock: Clock, policy: Policy, pool: Pool, shared: Any) -> None:
        self.clock, self.policy, self.pool, self.shared = clock, policy, pool, shared

    def priority_of(self, call: Call) -> int:  # noqa: ARG002  (who calls for others looks at for whom)
        """Return how important a call is: the higher, the more."""
        return self.priority

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Hear how a call ended."""
        raise NotImplementedError

    def traced(self, call: Call, attempt: Attempt, reply: Reply) -> None:
        """Note one attempt; called only where `trace` is set."""
