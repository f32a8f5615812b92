"""What a plan asks of a world."""

from __future__ import annotations

from whole_world import scenario

from sim.plan import Need, Plan, asked

KINDS = {"x": {"fault": {"kind": "noop"}}}
NODES = {"a": {}, "b": {"zone": "east"}, "c": {"zone": "east"}}
PARTS = {
    "cluster": {"nodes": NODES, "control_plane": {"servers": ["a", "b"]}},
    "workloads": {"api": {"serves": {"takes": 0.1}}, "idle": {}},
    "services": {"api": {"of": "api"}, "other": {"of": "api"}},
    "clients": {"shop": {"to": "api", "arrivals": {"poisson": 1}}},
}


def needs(faults: dict, **parts: dict) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return who asks for each (kind, name)."""
    found = asked(Plan(scenario(faults=faults, **{**PARTS, **parts}), "base", 1))
    assert len({(need.kind, need.name) for need in found}) == len(found)
    return {(need.kind, need.name): need.by for need in found}


def test_clients_and_probes_name_things():
    """Who calls, whom they call, and whom somebody reads; what nobody touches is not asked for."""
    steady = {"calls": {"of": "client/shop", "metric": "call_ok_share", "at_least": 0.9}}
    objectives = {
        "there": {"of": "service/other", "metric": "endpoints_ready", "at_least": 1},
        "up": {"of": "node/c", "metric": "node_ready_share", "at_least": 0.9},
        "all": {"of": "cluster", "metric": "pods_ready_share", "at_least": 0.9},
    }
    assert needs({}, steady=steady, objectives=objectives) == {
        ("client", "shop"): ("clients.shop", "steady.calls"), ("service", "api"): ("clients.shop",),
        ("service", "other"): ("objectives.there",), ("node", "c"): ("objectives.up",),
    }  # fmt: skip


def test_faults_name_their_targets():
    """Ways, nodes, zones, servers and workloads, each by what the fault is aimed at; `all` is every server."""
    faults = {
        "slow": {"kind": "latency", "added": 1, "link": "a--b"},
        "gone": {"kind": "refuse", "path": "shop->api"},
        "flap": {
            "kind": "flap",
            "paths": ["shop->api"],
            "up": 1,
            "down": 1,
            "kinds": {"x": {"fault": {"kind": "noop"}}},
        },
        "split": {"kind": "partition", "groups": [["a"], ["b", "c"]]},
        "dark": {"kind": "zone_loss", "zone": "east"},
        "down": {"kind": "apiserver_loss", "server": "all"},
        "follower": {"kind": "member_loss", "member": "leader"},
        "kill": {"kind": "pod_kill", "workload": "idle"},
        "load": {"kind": "overload", "service": "other", "rate": 1},
        "quiet": {"kind": "noop"},
    }
    found = needs(faults, clients={})
    assert found == {
        ("link", "a--b"): ("faults.slow", "faults.split"), ("path", "shop->api"): ("faults.gone", "faults.flap"),
        ("link", "a--c"): ("faults.split",), ("node", "b"): ("faults.dark",), ("node", "c"): ("faults.dark",),
        ("server", "a"): ("faults.down",), ("server", "b"): ("faults.down",),
        ("member", "leader"): ("faults.follower",),
        ("workload", "idle"): ("faults.kill",), ("service", "other"): ("faults.load",),
    }  # fmt: skip


def test_a_choice_asks_for_whom_it_took():
    """Not for everybody whom it might have taken."""
    faults = {"gone": {"kind": "node_loss", "node": {"zone": "east"}}}
    assert list(needs(faults, clients={}).values()) == [("faults.gone",)]
    plan = Plan(scenario(faults=faults, **PARTS), "base", 1)
    assert asked(plan)[0] == Need("node", plan.faults["gone"].nodes[0], ("faults.gone",))
