"""Overrides of a preset's timings: `grace: 40s` in a file is the preset's `grace_s`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.presets import timings as timing_presets
from sim.spec.references import Finding
from sim.spec.scenario import Scenario
from sim.spec.wording import quote, unknown

__all__ = ["named_timings"]

_ACCEPTED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "_s": ("a duration such as 5s or 250ms", lambda raw: isinstance(raw, str) and not raw.strip().endswith("%")),
    "_share": ("a share such as 55% or 0.55", lambda raw: not isinstance(raw, str) or raw.strip().endswith("%")),
    "_count": ("a number", lambda raw: not isinstance(raw, str)),
}


def _bare(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in _ACCEPTED if name.endswith(suffix)), name)


def named_timings(scenario: Scenario, raw: dict[str, Any]) -> tuple[Scenario, list[Finding]]:
    """Return the scenario with its timings under the preset's names, and what is wrong with them.

    `raw`: the timings as they stand in the file, since `40` and `40s` are the same number but not the same mistake.
    """
    preset = scenario.cluster.preset
    if not scenario.cluster.timings or preset not in timing_presets.presets():
        return scenario, []
    full_names = {key: name for name in timing_presets.timings(preset) for key in (name, _bare(name))}
    found: list[Finding] = []
    named: dict[str, float] = {}
    for given, value in scenario.cluster.timings.items():
        path = ("cluster", "timings", given)
        if given not in full_names:
            found.append((path, unknown(given, f"timing of {preset}", dict.fromkeys(map(_bare, full_names)))))
            continue
        name = full_names[given]
        accepted = next((rule for suffix, rule in _ACCEPTED.items() if name.endswith(suffix)), None)
        if accepted is not None and raw.get(given) != 0 and not accepted[1](raw.get(given)):
            found.append((path, f"{quote(raw.get(given))} does not fit; accepted: {accepted[0]}"))
        elif name in named:
            found.append((path, f"{quote(given)} is {quote(name)}, which stands here already; accepted: each once"))
        named[name] = value
    cluster = scenario.cluster.model_copy(update={"timings": named})
    return scenario.model_copy(update={"cluster": cluster}), found
