"""Which run a journal tells of: everything that is known before the first event."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from sim.errors import RunError

__all__ = ["FORMAT", "RunInfo", "running_versions"]

FORMAT = 1  # of the journal's directory; raise it when an old reader would misread a new journal


def _own_version() -> str:
    try:
        return version("weatherglass")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"


def running_versions() -> dict[str, str]:
    """Return the versions of what a run rests on."""
    return {"weatherglass": _own_version(), "python": platform.python_version(), "numpy": np.__version__}


@dataclass(frozen=True)
class RunInfo:
    """One run. `clients`, `services` and `endpoints` give the names behind a row's indices; `endpoints` grows.

    `scenario_as_run` is the scenario after the option's changes, as plain values; `scenario_hash` is taken over it.
    `objectives` and `steady` are probes as plain values. `started`: wall time, or '' where nobody looked at a clock.
    """

    scenario: str
    why: str
    option: str
    seed: int
    source: str  # sim or real
    duration_s: float
    warmup_s: float
    clients: tuple[str, ...]
    services: tuple[str, ...]
    objectives: dict[str, Any] = field(default_factory=dict)
    steady: dict[str, Any] = field(default_factory=dict)
    scenario_as_run: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    started: str = ""
    endpoints: list[str] = field(default_factory=list)

    @property
    def scenario_hash(self) -> str:
        """Return the SHA-256 of the scenario as run, over sorted keys: 64 hexadecimal digits."""
        return sha256(json.dumps(self.scenario_as_run, sort_keys=True).encode()).hexdigest()

    @classmethod
    def of(cls, scenario: Any, option: str, seed: int, *, started: str = "") -> RunInfo:
        """Return the info of a simulated run of a `sim.spec` Scenario (which stands above this layer: hence `Any`)."""
        as_run = scenario.model_dump(mode="json", by_alias=True, exclude={"options"})
        return cls(
            scenario=scenario.name,
            why=scenario.why,
            option=option,
            seed=seed,
            source="sim",
            duration_s=scenario.run.duration,
            warmup_s=scenario.run.warmup,
            clients=tuple(scenario.clients),
            services=tuple(scenario.services),
            objectives=as_run["objectives"],
            steady=as_run["steady"],
            scenario_as_run=as_run,
            versions=running_versions(),
            started=started,
        )

    def to_json(self) -> str:
        """Return what `run.json` holds; `endpoints` are not known yet when it is written."""
        values = asdict(self)
        del values["endpoints"]
        return json.dumps({"format": FORMAT, "scenario_hash": self.scenario_hash, **values}, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, endpoints: list[str]) -> RunInfo:
        """Return what `to_json` wrote. Fields that an older version did not write take their defaults.

        Raises RunError if the journal's format is newer than this program.
        """
        values = json.loads(text)
        if values.get("format", 0) > FORMAT:
            raise RunError(f"run.json: format {values['format']} is newer than this weatherglass reads ({FORMAT})")
        known = {entry.name for entry in fields(cls)}
        taken = {name: value for name, value in values.items() if name in known}
        for name in ("clients", "services"):
            taken[name] = tuple(taken[name])
        return cls(**{**taken, "endpoints": endpoints})
