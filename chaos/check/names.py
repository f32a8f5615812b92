"""Whether everything that the plan asks of a world is there in this one, under the names that the binding gives it."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.binding import Binding
from chaos.check.census import Census, refs_of
from chaos.check.finding import Refusal, Remark
from chaos.kube import Ref
from sim.plan import Need, Plan, asked
from sim.spec.scenario import Scenario
from sim.spec.wording import listed

__all__ = ["unnamed"]

LEADER = "leader"  # of the datastore: whoever it is then
NOT_SAID = "the binding does not say"


def unnamed(plan: Plan, binding: Binding, census: Census) -> Iterator[Refusal | Remark]:
    """Yield every name that leads nowhere. Links and paths are not looked at: the faults' means say more of them."""
    for need in asked(plan):
        where = ", ".join(need.by)
        if need.kind == "node":
            yield from _node(where, binding.node(need.name), need.name, census)
        elif need.kind in {"workload", "service"}:
            yield from _object(where, need, plan.scenario, binding, census)
        elif need.kind in {"member", "server"} and need.name not in (*binding.servers, LEADER):
            accepted = f"an entry under servers: (it has {listed(binding.servers)})"
            yield Refusal(where, f"server {need.name}", NOT_SAID, accepted)
    if binding.cluster.home not in binding.allow.namespaces:
        home = binding.cluster.home
        yield Refusal("cluster.home", "leave to write our own objects", f"{home} is not allowed", "allow.namespaces")
    for said in census.forbidden:
        yield Refusal(
            "rights", "a look at what is there", said, "list of it; weatherglass chaos rbac prints a manifest"
        )


def _node(where: str, real: str, name: str, census: Census) -> Iterator[Refusal]:
    if census.nodes and real not in census.nodes:
        called = f"node {real}" if real == name else f"node {real} (which is {name} in the scenario)"
        yield Refusal(where, called, "the cluster has none of that name", listed(census.nodes))


def _object(where: str, need: Need, scenario: Scenario, binding: Binding, census: Census) -> Iterator[Refusal | Remark]:
    section = f"{need.kind}s"
    bound: dict[str, object] = getattr(binding, section)
    if need.name not in bound:
        if all(by.startswith("clients.") for by in need.by):
            yield Remark(where, f"{need.kind} {need.name} is not in the binding: its endpoints are not watched")
        else:
            accepted = f"an entry under {section}: (it has {listed(bound)})"
            yield Refusal(where, f"{need.kind} {need.name}", NOT_SAID, accepted)
        return
    gone = [
        ref
        for ref, name in refs_of(binding, scenario).items()
        if name == need.name and _is(ref, need) and ref in census.gone
    ]
    for ref in gone:
        yield Refusal(where, str(ref), "the cluster has none of that name", f"one that is there, under {section}:")


def _is(ref: Ref, need: Need) -> bool:
    return (ref.kind == "Service") == (need.kind == "service")
