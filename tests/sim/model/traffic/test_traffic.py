"""Where clients are, and what a run adds up to."""

from __future__ import annotations

from typing import Any

from quiet_world import World, at, ends, scenario, two_nodes


def homed(home: str | None, *instants: float, **more: Any) -> World:
    """Return a world whose client lives in pods of `tool`, or where `home` says, and calls a service on b."""
    nodes = {"nodes": {"a": {"kernel": "linux-classic"}, "b": {}, "c": {}}, "links": {"default": {"latency": 0.01}}}
    return World(
        scenario(
            cluster=nodes,
            external={"user": {"reached": {"via": "a", "latency": 0.1}}},
            workloads={
                "tool": {"replicas": 2, "place": ["c", "a"]},
                "api": {"place": "b", "serves": {"takes": 0.5}},
            },
            services={"api": {"of": "api"}},
            clients={"c": {"from": home, "to": "api", "arrivals": at(*instants)}},
            **more,
        )
    )


def test_a_client_lives_where_its_file_says() -> None:
    """At a node, at something external behind its node, or, without a word, at the first node."""
    took = [ends(homed(home, 1.0).run())[0][2] for home in ("b", "a", "user", None)]
    assert took == [0.5, 0.54, 0.94, 0.54]


def test_a_client_moves_with_its_pod() -> None:
    """While its pod is away it lives in another of the workload, on fresh connections; without any it does not call."""
    world = homed("tool", 1.0, 10.0, 20.0, 30.0)
    first, second = world.pods["tool"]
    world.at(5.0, lambda: world.traffic.container_stopped(first, "killed"))
    world.at(15.0, lambda: world.traffic.container_stopped(second, "killed"))
    world.at(25.0, lambda: world.traffic.container_started(first))
    journal = world.run()
    assert ends(journal) == [(0, "ok", 0.54), (1, "ok", 0.54), (3, "ok", 0.54)]
    assert journal.totals["client/c"]["started"] == 3


def test_a_client_whose_pod_dies_loses_its_calls() -> None:
    """A call under way when its caller's pod dies is reset; a retry then finds no way out."""
    policies = {"none": {"kind": "retry", "attempts": 2}}
    world = homed("tool", 1.0, policies=policies)
    for pod in world.pods["tool"]:
        world.at(1.2, lambda pod=pod: world.traffic.container_stopped(pod, "killed"))
    assert ends(world.run()) == [(0, "unreachable", 0.201)]


def test_a_replacement_for_a_cut_off_pod_is_the_client_s_new_home() -> None:
    """A pod on a silent node is no home: when another container starts, the client lives there."""
    world = homed("tool", 1.0, 10.0)
    _, second = world.pods["tool"]
    world.at(2.0, lambda: world.traffic.container_stopped(second, "stopped"))
    world.at(5.0, lambda: world.network.set_host("c", "silent"))
    world.at(7.0, lambda: world.traffic.container_started(second))
    assert ends(world.run()) == [(0, "ok", 0.54), (1, "ok", 0.54)]


def test_the_same_seed_gives_the_same_rows() -> None:
    """Scenario and seed decide every row; another seed gives others."""

    def rows(seed: int) -> list[Any]:
        data = two_nodes({"poisson": 20.0}, {"takes": {"exponential": {"mean": 0.04}}}, duration=20.0)
        return World(data, seed).run().calls.tolist()

    assert rows(3) == rows(3)
    assert rows(3) != rows(4)
