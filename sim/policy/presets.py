"""Policies of well-known libraries by name, each with its source; parsed when first asked for."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from pydantic import TypeAdapter

from sim.policy.base import AnyPolicy
from sim.policy.once import Once
from sim.policy.retry import Retry
from sim.presets import preset_entries

__all__ = ["PolicyPreset", "policy_preset", "policy_preset_names", "policy_presets"]


class PolicyPreset(NamedTuple):
    """A policy, why one would take it, and where its numbers come from."""

    policy: Once | Retry
    why: str
    source: str


def policy_preset_names() -> tuple[str, ...]:
    """Return the names of the presets, in the order of the file; parses no policy."""
    return tuple(preset_entries("policies"))


@cache
def policy_preset(name: str) -> PolicyPreset:
    """Return the preset of that name; KeyError if there is none."""
    entry = preset_entries("policies")[name]
    policy: Once | Retry = _adapter().validate_python(entry["is"])
    return PolicyPreset(policy, entry["why"], entry["source"])


def policy_presets() -> dict[str, AnyPolicy]:
    """Return every preset's policy by name."""
    return {name: policy_preset(name).policy for name in policy_preset_names()}


@cache
def _adapter() -> TypeAdapter[Once | Retry]:
    return TypeAdapter(AnyPolicy)
