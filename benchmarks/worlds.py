"""The worlds that the benchmarks run, as scenarios: from files beside this one, or made where a file would be huge."""

from __future__ import annotations

from pathlib import Path

from sim.spec.load import load
from sim.spec.scenario import Scenario

__all__ = ["hundred_services", "thousand_nodes", "world"]

HERE = Path(__file__).parent / "scenarios"


def world(name: str) -> Scenario:
    """Return the scenario of a file in benchmarks/scenarios."""
    document = load(HERE / f"{name}.yaml")
    return document.option(document.options[0])


def thousand_nodes(nodes: int = 1000, pods: int = 10_000, faults: bool = True) -> Scenario:
    """Return an hour of a large cluster; with `faults`, one node is lost every five minutes, without client traffic."""
    names = [f"n{i:04d}" for i in range(nodes)]
    lost = names[1 : 1 + 12 * 7 : 7]
    return Scenario.model_validate(
        {
            "version": 1,
            "name": "hour",
            "why": "an hour of a large cluster",
            "run": {"duration": 3600.0, "seed": 1},
            "cluster": {"preset": "k8s", "nodes": {name: {} for name in names}},
            "workloads": {"apps": {"replicas": pods, "cpu": 0.1}},
            "services": {"apps": {"of": "apps"}},
            "faults": {
                f"lose-{i}": {"kind": "node_loss", "node": node, "at": 300.0 * i + 1.0} for i, node in enumerate(lost)
            }
            if faults
            else {},
        }
    )


def hundred_services(services: int, duration_s: float) -> Scenario:
    """Return `services` equal pairs of client and service that share 480 calls/s between them."""
    names = [f"s{i}" for i in range(services)]
    base = world("full-world")
    workload, client = base.workloads["api"], base.clients["caller"]
    rate = 480.0 / services
    return base.model_copy(
        update={
            "run": base.run.model_copy(update={"duration": duration_s}),
            "workloads": {name: workload.model_copy(update={"cpu": 0.01, "memory": 2**20}) for name in names},
            "services": {name: base.services["api"].model_copy(update={"of": name}) for name in names},
            "clients": {
                name: client.model_copy(
                    update={"to": name, "arrivals": type(client.arrivals).model_validate({"poisson": rate})}
                )
                for name in names
            },
        }
    )
