"""Events in the cluster: told in their order, about the lease; and nobody waits for them."""

from __future__ import annotations

import threading
from typing import Any

from kube_api import KubeApi, kubeconfig
from real_toxiproxy import until
from silent_peer import silent_peer

from chaos.binding import Binding
from chaos.deeds import Hands
from chaos.runner.announce import MOST, Announcer

PATH = "/api/v1/namespaces/chaos/events"


class _Told(KubeApi):
    """Takes events, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Keep what is told."""
        if (method, path) == ("POST", PATH):
            self.events.append(body)
            return 201, body
        return super().answer(method, path, body)


def test_an_experiment_is_told_in_its_order(asked):
    """Its beginning, each fault, its end: with the run's name, each under a name of its own, about the lease."""
    api = _Told()
    announcer = Announcer(asked(api), "run-1")
    announcer.tell("ExperimentBegins", "small, by somebody")
    announcer.tell("FaultBegins", "slow (latency) on a->b")
    announcer.tell("FaultEnds", "slow (latency) on a->b")
    announcer.tell("ExperimentEnds", "ran")
    announcer.close()
    assert [(each["reason"], each["message"], each["type"]) for each in api.events] == [
        ("ExperimentBegins", "run-1: small, by somebody", "Normal"),
        ("FaultBegins", "run-1: slow (latency) on a->b", "Warning"),
        ("FaultEnds", "run-1: slow (latency) on a->b", "Normal"),
        ("ExperimentEnds", "run-1: ran", "Normal"),
    ]
    assert [each["metadata"]["name"] for each in api.events] == [f"weatherglass-run-1.{n}" for n in (1, 2, 3, 4)]
    assert {each["involvedObject"]["name"] for each in api.events} == {"weatherglass"}
    assert api.writes == []


def test_of_very_many_faults_the_first_are_told_and_the_end(asked):
    """A cluster's events are no journal."""
    api = _Told()
    announcer = Announcer(asked(api), "run-1")
    for _ in range(MOST + 50):
        announcer.tell("FaultBegins", "again")
    announcer.tell("ExperimentEnds", "ran")
    until(lambda: len(api.events) > MOST, "all are told", 30)
    announcer.close()
    assert len(api.events) == MOST + 1
    assert api.events[-1]["reason"] == "ExperimentEnds"


def test_a_silent_api_server_keeps_nobody_waiting(tmp_path):
    """To tell returns at once, and to close within the limit of one call."""
    with silent_peer() as address:
        config = kubeconfig(tmp_path / "kubeconfig", f"http://{address}")
        cluster = {"kubeconfig": str(config), "context": "staging", "home": "chaos"}
        values = {"version": 1, "cluster": cluster, "allow": {"namespaces": ["chaos"]}}
        announcer = Announcer(Hands(Binding.model_validate(values)), "run-1")
        for _ in range(20):
            announcer.tell("FaultBegins", "nobody hears it")
        announcer.close()
        until(lambda: "announces" not in [each.name for each in threading.enumerate()], "it has given up", 10)
