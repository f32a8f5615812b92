"""The policies that a survey compares: names of presets or of the scenario's own, and `A+B` for A over B."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sim.errors import UsageError
from sim.presets import preset_bodies
from sim.spec.wording import did_you_mean, quote

__all__ = ["POLICIES", "Chosen", "chosen_policies", "unknown_policy"]

POLICIES = ("none", "resilience4j", "aws-standard", "grpc", "envoy")
"""Compared where nobody names any: no retry, a plain retry without a budget, and three with one."""

_NEAR = 8  # names that hold what was given; more would be a list again


class Chosen(NamedTuple):
    """A policy as an option of a scenario. `layers`: what stands over what, outermost first; most have one."""

    option: str
    layers: tuple[str, ...]

    def body(self) -> dict[str, Any] | None:
        """Return the policy to add to a file, None where the name alone says it."""
        return None if len(self.layers) == 1 else {"kind": "layers", "layers": list(self.layers)}


def chosen_policies(names: Sequence[str] | None, own: Iterable[str] = ()) -> tuple[Chosen, ...]:
    """Return the policies of these names (None: `POLICIES`), each once; `own`: the scenario's own ones.

    `A+B`: a call of A is made of whole calls of B, as a client over a mesh; the option is called `a-over-b`. Raises
    UsageError, with the nearest names, for what neither the scenario nor the presets know.
    """
    if names is not None and not any(names):
        raise UsageError("policies: none was named; accepted: names such as none,aws-standard,grpc+envoy")
    known = (*own, *preset_bodies("policies"))
    return tuple({(made := _chosen(name, known)).option: made for name in names or POLICIES}.values())


def _chosen(name: str, known: Sequence[str]) -> Chosen:
    layers = tuple(part.strip() for part in name.split("+"))
    for layer in layers:
        if layer not in known:
            raise UsageError(f"policies: {unknown_policy(layer, known)}")
    return Chosen("-over-".join(layers), layers)


def unknown_policy(name: str, known: Iterable[str] | None = None) -> str:
    """Return `'aws-standrd' is no policy; did you mean aws-standard? …`; all of some sixty names would help nobody."""
    every = tuple(preset_bodies("policies") if known is None else known)
    holding = [other for other in every if name and name.lower() in other][:_NEAR]
    near = f" with it in their names: {', '.join(holding)};" if holding else ""
    return f"{quote(name)} is no policy;{did_you_mean(name, every)}{near} all of them: weatherglass policies list"
