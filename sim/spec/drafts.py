"""From a document after patches to a scenario, or to everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from sim.spec.asked import unanswerable
from sim.spec.changes import Report
from sim.spec.coherence import impossible
from sim.spec.findings import MOST_PROBLEMS
from sim.spec.like import copy_siblings
from sim.spec.messages import worded
from sim.spec.named import PRESET_SECTIONS, fill_in, presets
from sim.spec.place import Draft, Path
from sim.spec.references import unresolved
from sim.spec.scenario import Scenario
from sim.spec.shape import fields_at
from sim.spec.stacked import spell_out
from sim.spec.timings import named_timings
from sim.spec.traces import TraceReader

__all__ = ["Drafts", "is_field"]


def is_field(path: Path) -> bool:
    """Tell whether a path is a field of the language (and no free name): what `add:` may make on its way."""
    known = fields_at(Scenario, path[:-1])
    return known is not None and path[-1] in known


class Drafts:
    """Makes scenarios of the drafts of one file. `folder`: where the names of its trace files start from."""

    def __init__(self, folder: FilePath) -> None:
        self._traces = TraceReader(folder)
        self._presets = {section: presets(section) for section in PRESET_SECTIONS}

    def scenario(self, draft: Draft, report: Report) -> Scenario | None:
        """Return the scenario (None if it has no form), and tell of all that is wrong, by its path in the draft."""
        copy_siblings(draft, self._presets, report)
        data = spell_out(fill_in(draft.data, report), self._presets["policies"], report)
        try:
            scenario = Scenario.model_validate(data, context={"file": True})
        except ValidationError as error:
            for item in error.errors(include_url=False)[:MOST_PROBLEMS]:
                report(*worded(item, data, Scenario))
            return None
        return self._checked(scenario, data, report)

    def _checked(self, scenario: Scenario, data: dict[str, Any], report: Report) -> Scenario:
        """Return the scenario with its files read and its names resolved; tell of whatever does not fit together."""
        scenario, untimely = named_timings(scenario, data["cluster"].get("timings", {}))
        scenario, unread = self._traces.filled(scenario)
        for check in (unresolved, impossible, unanswerable):
            untimely += check(scenario)
        for path, message in (*untimely, *unread):
            report(path, message)
        return scenario
