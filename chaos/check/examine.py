"""The check: from a scenario and a binding to an experiment, by reading alone. It takes seconds, each call limited.

The API server is asked first and alone: if it is silent, nothing else is tried (KubeSilent, exit code 3).
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import replace

from chaos.binding import BoundFile
from chaos.check import blast, limits, names, rights, schedule
from chaos.check.bystanders import bystanders
from chaos.check.census import Census, census, refs_of
from chaos.check.experiment import Checked, Experiment, Target
from chaos.check.finding import Refusal, Remark
from chaos.check.guardians import guardians
from chaos.check.lease import holder, taken
from chaos.check.leftovers import homeless, leftovers
from chaos.check.overlap import overlapping
from chaos.check.planned import PlannedFault, nodes_matter, planned
from chaos.check.proxies import proxies
from chaos.check.ways import ways, ways_closed
from chaos.clock import wall_s
from chaos.deeds import Hands
from chaos.faults import MeansOf
from chaos.kube import Ref
from sim.errors import UsageError
from sim.plan import Plan
from sim.spec.bound import Changes, load_bound
from sim.spec.load import load

__all__ = ["bound_plan", "examine"]

RBAC = "weatherglass chaos rbac prints what is needed"

Found = Refusal | Remark


def bound_plan(source: str, file: BoundFile, option: str | None = None, seed: int | None = None) -> Plan:
    """Return the plan of an option (the first, if none is named) as this binding plays it.

    Raises ScenarioError; UsageError for a scenario on standard input, which nobody can read a second time.
    """
    if source == "-":
        raise UsageError("a scenario from standard input cannot be checked and then run; accepted: a file, or a name")
    binding = file.binding
    name = option if option is not None else load(source).options[0]
    changes = Changes(file.file, binding.set, binding.add, binding.remove, file.line)
    scenario = load_bound(source, name, changes)
    return Plan(scenario, name, scenario.run.seed if seed is None else seed)


def examine(source: str, file: BoundFile, plan: Plan, hands: Hands, means: MeansOf) -> Checked:
    """Return the experiment and everything that speaks against it. `means`: by what each fault is raised here.

    Touches nothing. Raises UsageError (no such context), KubeSilent; a refusal for whatever else is not as it must be.
    """
    kube, binding = hands.kube, file.binding
    version = str(kube.get("/version").get("gitVersion", "unknown"))
    refs = refs_of(binding, plan.scenario)
    faults = planned(plan, hands, means)
    with_nodes = nodes_matter(binding, faults)
    seen, others = census(kube, refs, with_nodes=with_nodes), bystanders(kube, binding, refs, faults)
    seen = replace(seen, workloads={**seen.workloads, **others.counted})
    needs = {f"faults.{each.name}": each.needs for each in faults}
    grants = rights.granted(
        kube, needs | rights.own_needs(binding, refs, with_nodes=with_nodes), rights.wishes(binding)
    )
    entries, nowhere = ways(plan, binding)
    experiment = Experiment(
        source,
        file,
        plan,
        kube.server,
        version,
        faults,
        entries,
        grants,
        blast.left(plan, faults, seen),
        _targets(faults, seen),
        holder(kube, binding),
    )
    found = (*_of_plan(experiment, seen), *nowhere, *others.remarks, *_of_place(experiment, hands))
    refusals = tuple(dict.fromkeys(each for each in found if isinstance(each, Refusal)))
    return Checked(experiment, refusals, tuple(dict.fromkeys(each for each in found if isinstance(each, Remark))))


def _of_plan(experiment: Experiment, seen: Census) -> Iterator[Found]:
    """What the scenario, the binding and the census say by themselves."""
    plan, binding, faults = experiment.plan, experiment.binding, experiment.faults
    yield from limits.beyond(binding, plan.scenario.run, wall_s())
    yield from limits.production_like(binding, _namespaces(experiment))
    yield from schedule.untimely(plan, binding.limits.fault)
    yield from (refusal for fault in faults for refusal in fault.refusals)
    yield from overlapping(plan, faults)
    yield from names.unnamed(plan, binding, seen)
    yield from blast.beyond_limits(experiment.left, seen, binding.limits)
    yield from blast.control_plane(faults, seen, binding)
    yield from blast.own_machine(faults, platform.node())
    yield from rights.missing(experiment.grants, RBAC)
    yield from taken(binding, experiment.holder)


def _of_place(experiment: Experiment, hands: Hands) -> Iterator[Found]:
    """What has to be asked of toxiproxies, guardians, entries, and of the ledgers in the cluster."""
    binding, touches = experiment.binding, [touch for fault in experiment.faults for touch in fault.touches]
    yield from proxies(binding, [touch.name for touch in touches if touch.kind == "link"])
    yield from guardians(binding, experiment.orders)
    yield from ways_closed(experiment.ways, binding)
    yield from homeless(hands)
    yield from leftovers(hands)


def _namespaces(experiment: Experiment) -> Iterable[str]:
    yield experiment.binding.cluster.home
    yield from (t.name for fault in experiment.faults for t in fault.touches if t.kind == "namespace")
    yield from (target.ref.namespace for target in experiment.targets if target.ref.namespace)


def _targets(faults: Iterable[PlannedFault], seen: Census) -> tuple[Target, ...]:
    """Nodes that are touched, and every workload and service that the binding names: what the run builds on."""
    nodes = dict.fromkeys(
        node
        for fault in faults
        for node in (*fault.means.nodes, *(touch.name for touch in fault.touches if touch.kind == "node"))
        if node in seen.nodes
    )
    of_nodes = tuple(Target(Ref("Node", node), seen.nodes[node].uid) for node in nodes)
    return (*of_nodes, *(Target(ref, uid) for ref, uid in seen.uids.items()))
