"""An experiment before it is run: everything that was decided and everything that was found, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chaos.binding import Binding, BoundFile
from chaos.check.blast import Left
from chaos.check.finding import Refusal, Refused, Remark
from chaos.check.lease import Holder
from chaos.check.limits import worst_case_s
from chaos.check.planned import PlannedFault
from chaos.check.rights import Grant
from chaos.check.ways import Way
from chaos.deeds import GuardianOrder
from chaos.kube import Ref
from sim.plan import Plan
from sim.spec.scenario import Scenario

__all__ = ["Checked", "Experiment", "Target"]


class Target(NamedTuple):
    """An object of the cluster that may be touched or watched, by name and UID."""

    ref: Ref
    uid: str

    def __str__(self) -> str:
        return f"{self.ref} (uid {self.uid})"


@dataclass(frozen=True, slots=True)
class Experiment:
    """What will be done and to what. `source`: the scenario as it was asked for."""

    source: str
    file: BoundFile
    plan: Plan
    server: str
    version: str
    faults: tuple[PlannedFault, ...]
    ways: tuple[Way, ...]
    grants: tuple[Grant, ...]
    left: tuple[Left, ...]
    targets: tuple[Target, ...]
    holder: Holder | None = None

    @property
    def binding(self) -> Binding:
        """The names of this environment."""
        return self.file.binding

    @property
    def scenario(self) -> Scenario:
        """The scenario with the option's and the binding's changes."""
        return self.plan.scenario

    @property
    def orders(self) -> tuple[GuardianOrder, ...]:
        """What the guardians that will watch over the faults, and are there already, are going to be told.

        One beside a proxy that is put before a service comes with it, and is not among them.
        """
        found = [deed.order for fault in self.faults for deed in fault.deeds if deed.order]
        return tuple(order for order in found if order.url in self.binding.guardians)

    @property
    def guardians(self) -> tuple[str, ...]:
        """The URLs of these guardians, each once."""
        return tuple(dict.fromkeys(order.url for order in self.orders))

    @property
    def worst_case_s(self) -> float:
        """How long the run takes at most, with its last undo, in seconds."""
        return worst_case_s(self.scenario.run)


@dataclass(frozen=True, slots=True)
class Checked:
    """An experiment and what speaks against it. Without refusals it may be run."""

    experiment: Experiment
    refusals: tuple[Refusal, ...]
    remarks: tuple[Remark, ...]

    def allowed(self) -> Experiment:
        """Return the experiment. Raises Refused with every refusal."""
        if self.refusals:
            raise Refused(self.refusals)
        return self.experiment
