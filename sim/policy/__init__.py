"""What a client does: policies as frozen values that decide, without clock, I/O or randomness of their own."""

from __future__ import annotations

from sim.policy.base import AnyPolicy, Layers, LayersShared, PolicyRef
from sim.policy.fallback import Fallback
from sim.policy.guards import Guards
from sim.policy.hedging import Hedging
from sim.policy.once import Once
from sim.policy.presets import PolicyPreset, policy_preset, policy_preset_names, policy_presets
from sim.policy.retry import Retry
from sim.policy.steps import (
    CANCELLED,
    FAILURES,
    PASSED,
    Decisions,
    Draw,
    Hedge,
    Outcome,
    Policy,
    Reply,
    Result,
    Shared,
    Step,
    Try,
    Wait,
)
from sim.policy.within import cut_to
from sim.policy.words import describe

__all__ = [
    "CANCELLED", "FAILURES", "PASSED", "AnyPolicy", "Decisions", "Draw", "Fallback", "Guards", "Hedge", "Hedging",
    "Layers", "LayersShared", "Once", "Outcome", "Policy", "PolicyPreset", "PolicyRef", "Reply", "Result", "Retry",
    "Shared", "Step", "Try", "Wait", "cut_to", "describe", "policy_preset", "policy_preset_names", "policy_presets",
]  # fmt: skip
