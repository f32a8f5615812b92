"""Layers that are named: a policy of the same file in the place of its name. Presets are the validator's to look up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.spec.place import Path
from sim.spec.wording import quote, unknown

__all__ = ["spell_out"]

Report = Callable[[Path, str], None]
_NONE = {"kind": "none"}  # in the place of a name that leads nowhere, so that its mistake is told once


def spell_out(data: dict[str, Any], presets: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the document with every layer that names a policy of the file replaced by that policy.

    A name that is neither in the file nor among the presets, and a circle of names, are reported.
    """
    policies = data.get("policies")
    if not isinstance(policies, dict):
        return data  # the validator says so
    speller = _Speller(policies, presets, report)
    return {**data, "policies": {name: speller.policy(name) for name in policies}}


class _Speller:
    def __init__(self, policies: dict[str, Any], presets: Mapping[str, Any], report: Report) -> None:
        self._policies, self._presets, self._report = policies, presets, report
        self._done: dict[str, Any] = {}
        self._open: list[str] = []

    def policy(self, name: str) -> Any:
        """Return a policy of the file with its layers spelt out."""
        if name not in self._done:
            self._open.append(name)
            self._done[name] = self._spelt(self._policies[name], ("policies", name))
            self._open.pop()
        return self._done[name]

    def _spelt(self, policy: Any, path: Path) -> Any:
        layers = policy.get("layers") if isinstance(policy, dict) else None
        if not isinstance(layers, list):
            return policy
        return {**policy, "layers": [self._layer(layer, (*path, "layers", n)) for n, layer in enumerate(layers)]}

    def _layer(self, layer: Any, path: Path) -> Any:
        if not isinstance(layer, str):
            return self._spelt(layer, path)
        if layer in self._open:
            circle = " → ".join((*self._open[self._open.index(layer) :], layer))
            self._report(path, f"{quote(layer)} leads back here: {circle}; accepted: layers that end")
            return _NONE
        if layer in self._policies:
            return self.policy(layer)
        if layer not in self._presets and layer != "none":
            self._report(path, unknown(layer, "policy", (*self._policies, *self._presets)))
            return _NONE
        return layer
