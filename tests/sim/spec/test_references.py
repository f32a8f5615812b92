"""Names must be there, questions must have answers, and what is said must be able to happen."""

from __future__ import annotations

import pytest

from sim.spec.references import link_ends


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        # the cluster
        ("  nodes:\n", "  control_plane: {servers: [a, x]}\n  nodes:\n", "6: cluster.control_plane.servers[1]: 'x' is"),
        ("  nodes:\n", "  control_plane: {servers: [a, a]}\n  nodes:\n", "6: cluster.control_plane.servers[1]: 'a' st"),
        ("  nodes:\n", "  control_plane: {servers: [a, b], datastore: sqlite}\n  nodes:\n",
         "6: cluster.control_plane.datastore: 'sqlite' works on one server only, and there are 2; accepted: etcd, or "),
        ("  nodes:\n", "  preset: k4s\n  nodes:\n", "6: cluster.preset: 'k4s' is no preset; did you mean k8s? known: "),
        ("  nodes:\n", "  links: {a-b: {}}\n  nodes:\n", "6: cluster.links.a-b: 'a-b' is no link; accepted: two nodes"),
        ("  nodes:\n", "  links: {a--x: {}}\n  nodes:\n", "6: cluster.links.a--x: 'a--x' is no link: 'x' is no node; "),
        ("  nodes:\n", "  links: {a--a: {}}\n  nodes:\n", "6: cluster.links.a--a: 'a--a' joins a node with itself"),
        ("  nodes:\n", "  links: {a--b: {}, b--a: {}}\n  nodes:\n", "6: cluster.links.b--a: 'b--a' is the same link a"),
        ("  nodes:\n", "  links: {a--b: {via: b}}\n  nodes:\n", "6: cluster.links.a--b.via: 'b' is an end of the link"),
        ("  nodes:\n", "  timings: {graze: 40s}\n  nodes:\n", "6: cluster.timings.graze: 'graze' is no timing of k8s;"),
        ("  nodes:\n", "  timings: {grace: 40}\n  nodes:\n", "6: cluster.timings.grace: '40' does not fit; accepted: "),
        ("via: a", "via: x", "10: external.database.reached.via: 'x' is no node; known: a, b, c"),
        ("external: {database:", "external: {a: {reached: {via: b}}, database:", "10: external.a: 'a' is a node of th"),
        # what runs, and who calls
        ("{replicas: 3,", "{replicas: 3, place: [a, x],", "12: workloads.api.place[1]: 'x' is no node; known: a, b, c"),
        ("{replicas: 3,", "{replicas: 3, near: api,", "12: workloads.api.near: 'api' is no other workload; known: non"),
        ("{replicas: 3,", "{replicas: 3, cpu: 5,", "12: workloads.api: one pod asks for 5 cpu, 0.125GiB, which no nod"),
        ("{replicas: 3,", "{replicas: 3, memory: 9GiB, place: c,", "12: workloads.api: one pod asks for 0.1 cpu, 9GiB"),
        ("{of: api,", "{of: apy,", "14: services.api.of: 'apy' is no workload; did you mean api? known: api"),
        ("{to: database}", "{to: databse}", "14: services.api.calls[0].to: 'databse' is no service or external; did y"),
        ("{to: database}", "{to: api}", "14: services.api.calls[0].to: the calls lead in a circle: api → api; accepte"),
        (", serves: {takes: {exponential: {mean: 20ms}}, at_once: 4}", "", "16: clients.shop.to: 'api' cannot answer:"),
        ("from: b", "from: x", "16: clients.shop.from: 'x' is no workload, node or external; known: api, a, b, c, dat"),
        ("to: api, arr", "to: apis, arr", "16: clients.shop.to: 'apis' is no service; did you mean api? known: api"),
        ("{from: b,", "{from: b, starts: 10m,", "16: clients.shop.starts: a start at 10m comes after the run's end; a"),
        ("{from: b,", "{from: b, starts: 5m, stops: 4m,", "16: clients.shop.stops: '4m' is not after starts (5m); acc"),
        ("{kind: retry, attempts: 3, backoff: 100ms}", "{kind: retry, attempts: unlimited, backoff: none}",
         "20: policies.patient: attempts: unlimited with neither a pause nor a deadline would retry without end"),
        # faults and repair
        ("node: a", "node: x", "22: faults.gone.node: 'x' is no node; known: a, b, c"),
        ("at: 2m", "at: 10m", "22: faults.gone.at: a beginning at 10m comes after the run's end; accepted: before 10m"),
        ("at: 2m,", "at: 2m, every: 1h,", "22: faults.gone: give at (once) or every (again and again), not both"),
        ("{kind: node_loss, node: a, at: 2m, for: 3m}", "{kind: zone_loss, zone: x, at: 2m}", "22: faults.gone.zone: "),
        ("{kind: node_loss, node: a, at: 2m, for: 3m}", "{kind: member_loss, member: b, at: 2m}",
         "22: faults.gone.member: 'b' is no datastore member; known: a, leader"),
        ("{kind: node_loss, node: a, at: 2m, for: 3m}", "{kind: partition, groups: [[a], [b, a]], at: 2m}",
         "22: faults.gone.groups[1][1]: 'a' stands here twice; accepted: each node in one group"),
        ("{kind: node_loss, node: a, at: 2m, for: 3m}", "{kind: loss, share: 5%, at: 2m}",
         "22: faults.gone: has no target; accepted: one of link: a--b, path: caller->callee, paths: [caller->callee, "),
        ("{kind: node_loss, node: a, at: 2m, for: 3m}", "{kind: loss, share: 5%, link: b--a, path: shop->api}",
         "22: faults.gone: has link and path; accepted: one of link"),
        ("{kind: node_loss, node: a, at: 2m, for: 3m}", "{kind: noop, every: 0s, for: 0s}",
         "22: faults.gone.every: would come again without end at one moment; accepted: a time greater than 0"),
        ("path: shop->api", "path: shop->database", "25: faults.flap.path: 'shop->database' is no path of calls; did "),
        ("up: 8s\n    down: 5s", "up: 0s\n    down: 0s", "28: faults.flap.up: up and down last no time at all, so it "),
        ("{kind: loss,", "{kind: loss, at: 5s,", "30: faults.flap.kinds.lossy.fault: has at, which the flap itself de"),
        ("  gone: {noticed", "  went: {noticed", "33: repair.went: 'went' is no fault; known: gone, flap"),
        ("crew: night", "crew: day", "33: repair.gone.crew: 'day' is no crew; known: night"),
        # what is asked
        ("of: client/shop, metric: call", "of: client/shp, metric: call", "35: steady.calls.of: 'client/shp' is no cl"),
        ("of: client/shop, metric: call", "of: shop, metric: call", "35: steady.calls.of: 'shop' is no subject; accep"),
        ("of: client/shop, metric: call", "of: node/a, metric: call",
         "35: steady.calls.metric: 'call_ok_share' is a reading of client or service or cluster, not of a node; a nod"),
        ("every: 30s", "every: 30s, from: 10m", "35: steady.calls.from: '10m' is not before the run's end; accepted: "),
        ("every: 30s", "every: 30s, from: 5m, until: 4m", "35: steady.calls.until: '4m' is not after from (5m); accep"),
        ("every: 30s", "every: 11m", "35: steady.calls.every: '11m' is longer than the run; accepted: at most 10m"),
        ("steady:\n  calls: {of: client/shop, metric: call_ok_share, at_least: 99.9%, every: 30s}\n", "",
         "35: objectives.back.metric: 'recovery_s' asks when steady holds again, and the file has no steady: section"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_told_with_its_place(problems, small, good, bad, said):
    """Each rule between two parts of a file: one mistake, one problem, at its own line."""
    assert good in small
    found = problems(small.replace(good, bad, 1))
    assert [line[: len(said)] for line in found if line.startswith(said)] == [said], found


def test_a_link_may_name_its_nodes_in_any_order():
    """`a--b` and `b--a` are one link; a node's name may hold a dash."""
    nodes = ("a", "b", "c-d")
    assert [link_ends(link, nodes) for link in ("a--b", "b--a", "c-d--a", "a-b", "a--a", "a--x")] == [
        ("a", "b"), ("b", "a"), ("c-d", "a"), None, None, None,
    ]  # fmt: skip


def test_a_fault_may_hit_the_call_of_a_service(problems, small):
    """Paths are `client->service`, `service->service` and `service->external`."""
    assert problems(small.replace("path: shop->api", "paths: [shop->api, api->database]")) == []


def test_timings_are_known_with_and_without_their_unit(loaded, small):
    """`grace: 40s` is the preset's `grace_s`."""
    text = small.replace("  nodes:\n", "  timings: {grace: 40s, lease_renew_s: 5s}\n  nodes:\n")
    assert loaded(text).base.cluster.timings == {"grace_s": 40.0, "lease_renew_s": 5.0}
