"""The load of a run: the scenario's clients, with their policies, from where the tool runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chaos.binding import Binding, BoundClient
from chaos.client.plan import LoadClient, LoadPlan
from chaos.clock import started_text
from chaos.observer import Names, Workload
from chaos.transport import Target
from sim.plan.plan import Plan
from sim.record import RunInfo
from sim.spec.scenario import Scenario

__all__ = ["load_plan", "observed", "run_info", "target_of"]


def run_info(plan: Plan, versions: Mapping[str, str]) -> RunInfo:
    """Return what the journal of a real run of the plan says of itself. `versions`: of the cluster and its proxies."""
    made = RunInfo.of(plan.scenario, plan.option, plan.seed, started=started_text())
    return replace(made, source="real", versions={**made.versions, **versions})


def load_plan(plan: Plan, binding: Binding) -> LoadPlan | None:
    """Return the load of a plan: every client that the binding says an entry for; None if it does for none."""
    scenario = plan.scenario
    clients = {name: _client(scenario, binding, name) for name in scenario.clients if name in binding.clients}
    if not clients:
        return None
    run = scenario.run
    return LoadPlan(clients, run.duration, run.warmup, plan.seed, scenario.name, scenario.why, plan.option)


def target_of(bound: BoundClient) -> Target:
    """Return where the calls of a bound client enter."""
    return Target.at(bound.url, headers={"Host": bound.host} if bound.host else {})


def _client(scenario: Scenario, binding: Binding, name: str) -> LoadClient:
    spec = scenario.clients[name]
    return LoadClient(
        target=target_of(binding.clients[name]),
        arrivals=spec.arrivals,
        policy=scenario.policies[spec.policy],
        transport=scenario.transports[spec.transport],
        service=spec.to,
        starts_s=spec.starts,
        stops_s=spec.stops,
    )


def observed(scenario: Scenario, binding: Binding) -> Names:
    """Return which objects of the cluster are watched: what the binding gives to the scenario's names."""
    workloads = {
        Workload(bound.namespace, bound.name or name, bound.kind): name
        for name, bound in binding.workloads.items()
        if name in scenario.workloads
    }
    services = {
        (bound.namespace, bound.name or name): name
        for name, bound in binding.services.items()
        if name in scenario.services
    }
    nodes = {binding.node(name): name for name in scenario.cluster.nodes if name in binding.nodes}
    behind = {name: scenario.services[name].of for name in services.values()}
    return Names(nodes=nodes, workloads=workloads, services=services, behind=behind)
