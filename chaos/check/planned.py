"""Each fault of a plan as this environment would raise it: by what, touching what, and how it ends if we die."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chaos.binding import Binding, TargetRefused, Touch
from chaos.check.finding import Refusal
from chaos.check.schedule import occurrences
from chaos.deeds import Deed, GuardianOrder, Hands, Right
from chaos.deeds.interpose import Interpose
from chaos.deeds.node_object import DeleteNodeObject
from chaos.faults import Means, MeansOf, Scene, Unsupported
from chaos.kube import KubeSilent
from sim.errors import HarnessError
from sim.plan import Occurrence, Plan
from sim.spec.faults import Drain, FaultBase, NodeLoss, ZoneLoss

__all__ = ["PlannedDeed", "PlannedFault", "nodes_matter", "planned"]

AT_ONCE = 8  # assumption: as `chaos.check.rights`; every call of a means is limited by itself
NOTHING = Means("nothing", ())


@dataclass(frozen=True, slots=True)
class PlannedDeed:
    """One change, and what becomes of it without us. `order`: what its guardian is told to do then, if it has one."""

    deed: Deed
    ends: str
    order: GuardianOrder | None = None


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault with its instants and its means. Of `every` the first time is shown; later ones choose anew."""

    name: str
    fault: FaultBase
    occurrences: tuple[Occurrence, ...]
    means: Means = NOTHING
    deeds: tuple[PlannedDeed, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    looks: tuple[Right, ...] = ()  # what it takes to find out whom it hits

    @property
    def kind(self) -> str:
        """Its kind, as the scenario says it."""
        return str(getattr(self.fault, "kind", ""))

    @property
    def needs(self) -> tuple[Right, ...]:
        """The permissions for planning, doing and undoing it, each once."""
        return tuple(dict.fromkeys((*self.looks, *(right for each in self.deeds for right in each.deed.needs()))))

    @property
    def touches(self) -> tuple[Touch, ...]:
        """Everything that it changes, each once."""
        return tuple(dict.fromkeys(touch for each in self.deeds for touch in each.deed.touches()))


def planned(plan: Plan, hands: Hands, means: MeansOf) -> tuple[PlannedFault, ...]:
    """Return the faults of a plan in the order of the scenario. Raises KubeSilent; all else is in their refusals."""
    faults = plan.faults  # settled once, before several threads ask
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(lambda name: _planned(Scene(hands, plan, _case(plan, name)), name, means), faults))


def nodes_matter(binding: Binding, faults: Iterable[PlannedFault]) -> bool:
    """Return whether nodes play a part: the binding names some, or a fault takes some. Else nobody has to see them."""
    return bool(binding.nodes) or any(fault.means.nodes for fault in faults)


def _case(plan: Plan, name: str) -> str:
    """The first occurrence, even if it never comes: what it would need is worth saying."""
    return next((each.case for each in occurrences(plan, name)), f"fault/{name}/0")


def _planned(scene: Scene, name: str, means_of: MeansOf) -> PlannedFault:
    fault, hands, where = scene.plan.faults[name], scene.hands, f"faults.{name}"
    found, kind = occurrences(scene.plan, name), str(getattr(fault, "kind", ""))
    try:
        means = means_of(scene, fault)
    except KubeSilent:
        raise
    except HarnessError as error:
        return PlannedFault(name, fault, found, refusals=(_cannot(where, kind, error),))
    if isinstance(means, Unsupported):
        refusal = Refusal(
            where, f"a way to do {kind} here", f"unsupported: {means.why}", "another fault or environment"
        )
        return PlannedFault(name, fault, found, refusals=(refusal,))
    tried = [*_prepared(where, means, hands)]
    refusals = (*_not_allowed(where, means, hands), *(refusal for _, refusal in tried if refusal is not None))
    deeds, looks = tuple(_deed(deed, hands) for deed, _ in tried), tuple(_looks(fault, means, hands))
    return PlannedFault(name, fault, found, means, deeds, refusals, looks)


def _looks(fault: FaultBase, means: Means, hands: Hands) -> Iterator[Right]:
    """Whoever empties a node looks for its pods in every namespace that is allowed; to delete it, in all there are."""
    if isinstance(fault, Drain | NodeLoss | ZoneLoss) and any(deed.needs() for deed in means.deeds):
        yield from (Right("list", "", "pods", space) for space in hands.binding.allow.namespaces)
    if any(isinstance(deed, DeleteNodeObject) for deed in means.deeds):
        yield Right("list", "", "pods")


def _all(means: Means) -> tuple[Deed, ...]:
    """What is done for the fault, in order: what has to stand before the baseline comes first."""
    return (*means.before, *means.deeds)


def _not_allowed(where: str, means: Means, hands: Hands) -> Iterator[Refusal]:
    """What the hands would refuse later is refused now."""
    for touch in dict.fromkeys(touch for deed in _all(means) for touch in deed.touches()):
        try:
            hands.allowed(touch)
        except TargetRefused as error:
            yield Refusal(where, f"leave to touch {touch}", str(error), "a name of the allow-list")


def _prepared(where: str, means: Means, hands: Hands) -> Iterator[tuple[Deed, Refusal | None]]:
    """A deed is prepared by reading alone: whose target is not as it must be says so before anything is done.

    What is done in a proxy that an earlier deed puts before a service cannot be prepared yet.
    """
    interposed: list[Touch] = []
    for deed in _all(means):
        fronts = [touch for touch in deed.touches() if touch.kind == "interpose"]
        yield (deed, None) if any(touch in interposed for touch in fronts) else _tried(where, deed, hands)
        interposed += fronts


def _tried(where: str, deed: Deed, hands: Hands) -> tuple[Deed, Refusal | None]:
    try:
        return deed.prepared(hands), None
    except KubeSilent:
        raise
    except HarnessError as error:
        return deed, _cannot(where, deed.title(), error)


def _cannot(where: str, what: str, error: HarnessError) -> Refusal:
    return Refusal(where, f"what {what} needs", str(error), "a target that is there, and rights to read it")


def _deed(deed: Deed, hands: Hands) -> PlannedDeed:
    order = deed.guardian(hands)
    if order is not None:
        return PlannedDeed(deed, "by its guardian", order)
    on_front = any(touch.kind == "interpose" for touch in deed.touches()) and not isinstance(deed, Interpose)
    if on_front and hands.binding.images.guardian:
        return PlannedDeed(deed, "by the guardian that comes with its proxy")
    return PlannedDeed(deed, deed.ends_alone())
