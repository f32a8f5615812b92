"""Policies of well-known libraries by name, each with its source; parsed when first asked for."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from pydantic import TypeAdapter

from sim.policy.base import AnyPolicy
from sim.presets import preset_aliases, preset_entries

__all__ = ["PolicyPreset", "policy_preset", "policy_preset_names", "policy_presets"]


class PolicyPreset(NamedTuple):
    """A policy, why one would take it, where its numbers come from; its name, further names, and family."""

    policy: AnyPolicy
    why: str
    source: str
    name: str
    also: tuple[str, ...]
    family: str


def policy_preset_names() -> tuple[str, ...]:
    """Return the names of the presets, family by family, without the further names; parses no policy."""
    return tuple(preset_entries("policies"))


def policy_preset(name: str) -> PolicyPreset:
    """Return the preset of that name or further name; KeyError if there is none."""
    return _preset(preset_aliases("policies").get(name, name))


def policy_presets() -> dict[str, AnyPolicy]:
    """Return every preset's policy by name."""
    return {name: policy_preset(name).policy for name in policy_preset_names()}


@cache
def _preset(name: str) -> PolicyPreset:
    entry = preset_entries("policies")[name]
    policy: AnyPolicy = _adapter().validate_python(entry["is"])
    return PolicyPreset(policy, entry["why"], entry["source"], name, tuple(entry.get("also", ())), entry["family"])


@cache
def _adapter() -> TypeAdapter[AnyPolicy]:
    return TypeAdapter(AnyPolicy)
