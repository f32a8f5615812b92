"""What a client does: policies as frozen values that decide, without clock, I/O or randomness of their own."""

from __future__ import annotations

from sim.policy.base import AnyPolicy, PolicyRef
from sim.policy.steps import FAILURES, Decisions, Draw, Outcome, Policy, Race, Reply, Result, Shared, Step, Try, Wait

__all__ = [
    "FAILURES", "AnyPolicy", "Decisions", "Draw", "Outcome", "Policy", "PolicyRef", "Race", "Reply", "Result",
    "Shared", "Step", "Try", "Wait",
]  # fmt: skip
