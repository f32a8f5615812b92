"""Each steady probe of a run as its journal tells it: how often and how long it was broken, how it stood at the end."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chaos.probes.calls import CALL_METRICS, window_s
from sim.analysis.reading import show
from sim.analysis.verdicts import bound_of
from sim.quantities import show_duration
from sim.record import Event, RunInfo, Sample
from sim.spec.probes import Probe, metric_unit

__all__ = ["SteadyStory", "Stretch", "steady_stories"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time through which a probe's verdict was the same."""

    begin_s: float
    end_s: float
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class SteadyStory:
    """One probe. `what`, `bound`: in words; `value`: the last number that was read; `lag_s`: how far back it looks."""

    name: str
    what: str
    bound: str
    unit: str
    value: float
    lag_s: float
    stretches: tuple[Stretch, ...]

    @property
    def last(self) -> Stretch | None:
        """Return how it stood at the end, None if it was never read."""
        return self.stretches[-1] if self.stretches else None

    @property
    def known(self) -> bool:
        """Whether it was ever held or broken."""
        return any(each.verdict != "unknown" for each in self.stretches)

    def for_s(self, verdict: str) -> float:
        """Return for how long the verdict was this, from t = 0 on."""
        return sum(max(0.0, each.end_s - max(each.begin_s, 0.0)) for each in self.stretches if each.verdict == verdict)

    def told(self) -> str:
        """Return in a few words how it went."""
        words = [
            f"{verdict} for {show_duration(self.for_s(verdict))}"
            for verdict in ("broken", "unknown")
            if self.for_s(verdict) > 0
        ]
        return ", ".join(words) or ("held throughout" if self.known else "never read")

    def shown(self) -> str:
        """Return the last number with its unit."""
        return show(self.value, self.unit)


def steady_stories(info: RunInfo, events: list[Event], samples: list[Sample], until_s: float) -> dict[str, SteadyStory]:
    """Return the story of every probe of the scenario, and of those of the binding that the journal tells of."""
    probes = {name: Probe.model_validate(value) for name, value in info.steady.items()}
    told: dict[str, list[Event]] = {}
    for event in events:
        if event.subject.startswith("probe/") and event.kind.startswith("probe_"):
            told.setdefault(event.subject.removeprefix("probe/"), []).append(event)
    values = {
        sample.subject.removeprefix("probe/"): sample.value
        for sample in samples
        if sample.metric == "probe" and not math.isnan(sample.value)
    }
    return {
        name: _story(name, probes.get(name), told.get(name, []), values.get(name, math.nan), until_s)
        for name in dict.fromkeys([*probes, *told])
    }


def _story(name: str, probe: Probe | None, told: list[Event], value: float, until_s: float) -> SteadyStory:
    ends_s = [*(event.t_s for event in told[1:]), until_s]
    stretches = (
        tuple(
            Stretch(
                event.t_s, max(end_s, event.t_s), event.kind.removeprefix("probe_"), str(event.detail.get("why", ""))
            )
            for event, end_s in zip(told, ends_s, strict=True)
        )
        if told
        else ()
    )
    if probe is None:
        return SteadyStory(name, "the environment's own", "", "count", value, 0.0, stretches)
    lag_s = window_s(probe) if probe.metric in CALL_METRICS else 0.0
    what = f"{probe.metric} of {probe.of}"
    return SteadyStory(name, what, bound_of(probe), metric_unit(probe.metric), value, lag_s, stretches)
