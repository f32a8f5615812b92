"""A whole scenario: one question about one world, and the options that answer it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sim.policy import AnyPolicy
from sim.quantities import Name, Seconds
from sim.spec.base import Value, Whole
from sim.spec.cluster import Cluster, External
from sim.spec.faults import Fault
from sim.spec.probes import Probe
from sim.spec.repair import Crew, Repair
from sim.spec.traffic import Client, Transport
from sim.spec.workloads import Service, Workload

__all__ = ["BASE", "Option", "Run", "Scenario"]

BASE = "as-written"  # the option that changes nothing, where a file declares none


class Run(Value):
    """How long, how often, from which seed. Replication i runs with seed + i."""

    duration: Annotated[Seconds, Field(gt=0)]
    warmup: Seconds = 0.0
    replications: Annotated[Whole, Field(ge=1, le=100_000)] = 30
    seed: Annotated[Whole, Field(ge=0, lt=2**63)] = 1


class Option(Value):
    """Named changes over the base (or over other options)."""

    why: str = ""
    extends: tuple[Name, ...] = ()
    set: dict[str, Any] = {}
    add: dict[str, Any] = {}
    remove: tuple[str, ...] = ()
    not_modelled: str | None = None


class Scenario(Value):
    """The frozen value that everything starts from. After `sim.spec.load.load`, every name in it resolves.

    `policies` and `transports` of a loaded scenario hold everything that is used: those of the file and the presets
    that it names; `policy` and `transport` fields name entries of these maps. `assumptions` are the file's own words
    about what it had to assume; reports print them.
    """

    version: Annotated[Whole, Field(ge=1)]
    name: Name
    why: str
    assumptions: dict[Name, str] = {}
    run: Run
    cluster: Cluster
    external: dict[Name, External] = {}
    workloads: dict[Name, Workload] = {}
    services: dict[Name, Service] = {}
    clients: dict[Name, Client] = {}
    transports: dict[Name, Transport] = {}
    policies: dict[Name, AnyPolicy] = {}
    faults: dict[Name, Fault] = {}
    crews: dict[Name, Crew] = {}
    repair: dict[Name, Repair] = {}
    steady: dict[Name, Probe] = {}
    objectives: dict[Name, Probe] = {}
    options: dict[Name, Option] = {}
