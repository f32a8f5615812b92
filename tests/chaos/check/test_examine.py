"""Each reason for which an experiment must not be run, one by one; and that a check touches nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from kube_api import node, pod

from chaos.check import Refused, Target, changed_since
from chaos.deeds import Hands
from chaos.kube import Ref


def _found(checked):
    return "\n".join(map(str, checked.refusals))


def test_an_experiment_that_fits_is_allowed_and_nothing_was_touched(check, api):
    """No refusal, and no call but reads and reviews of our own rights."""
    checked = check()
    assert checked.refusals == ()
    assert checked.allowed() is checked.experiment
    assert api.writes == []


def test_targets_are_objects_by_name_and_uid(check):
    """Those that the run builds on."""
    targets = check().experiment.targets
    assert Target(Ref("Deployment", "checkout", "shop"), "uid-of-deployment-checkout") in targets
    assert Target(Ref("Service", "checkout", "shop"), "uid-of-service-checkout") in targets


def test_the_plan_says_what_remains(check):
    """One of three pods is killed: two are left, and all nodes."""
    left = {each.what: (each.ready, each.lost, each.remain) for each in check().experiment.left}
    assert left == {"nodes": (3, 0, 3), "workload api": (3, 1, 2)}


CORDON = {"kind": "cordon", "node": "one", "at": "10s", "for": "60s"}
NOOP = {"kind": "noop", "at": "10s", "for": "60s"}
KILL = {"kind": "pod_kill", "workload": "api", "at": "30s"}


@pytest.mark.parametrize(
    ("scenario", "binding", "told"),
    [
        ({"faults": {"x": {"kind": "noop", "at": "10s"}}}, {}, "faults.x: how long it lasts: no for"),
        ({"faults": {"x": NOOP | {"for": "11m"}}, "run": {"duration": "20m"}}, {}, "faults.x: how long it lasts: 11m"),
        ({"faults": {"x": {"kind": "noop", "every": "1ms", "for": "1ms"}}}, {}, "more than 1000 times"),
        ({"run": {"duration": "40m"}}, {}, "run.duration: a run with its warm-up: 40m"),
        ({}, {"limits": {"hours": "00:00-00:01"}}, "limits.hours: a run from now on, in UTC"),
        ({"faults": {"x": CORDON}}, {"allow": {"namespaces": ["chaos", "shop"]}}, "node worker-1 is not allowed"),
        ({}, {"allow": {"namespaces": ["shop"]}}, "cluster.home: leave to write our own objects"),
        ({"faults": {"x": CORDON}}, {"nodes": {"one": {"name": "nobody"}}}, "the cluster has none of that name"),
        ({}, {"workloads": {}, "allow": {"namespaces": ["chaos"]}}, "faults.kill: workload api: the binding does not"),
        ({}, {"workloads": {"api": {"namespace": "shop", "name": "x"}}}, "deployment x in namespace shop"),
        ({}, {"clients": {}}, "clients.caller: where its calls enter: the binding does not say"),
        ({}, {"clients": {"caller": {"url": "http://127.0.0.1:1/"}}}, "clients.caller: somebody who listens at"),
        ({"faults": {"x": {"kind": "loss", "share": "9%", "path": "caller->api", "at": 0, "for": "9s"}}}, {}, "unsupp"),
        ({"faults": {"k": KILL | {"count": 2}}}, {}, "2 of 3 Ready pods; accepted: at most 50% of them"),
        ({"faults": {"a": KILL, "b": KILL}}, {}, "faults a, b: workload api: how many pods are lost at once: 2 of 3"),
        ({}, {"steady": {"s": {"command": ["no-such-program"]}}}, "steady.s: the command of the probe"),
        ({}, {"limits": {"replicas_share": 0.1}}, "1 of 3 Ready pods; accepted: at most 10% of them"),
    ],
)
def test_what_does_not_fit_is_refused(check, api, scenario, binding, told):
    """Where, what was looked for, what was found; and nothing was touched."""
    checked = check(scenario, **binding)
    assert told in _found(checked)
    assert api.writes == []
    with pytest.raises(Refused) as refused:
        checked.allowed()
    assert refused.value.exit_code == 2


def test_everything_that_speaks_against_it_is_told_at_once(check):
    """Not only the first."""
    checked = check({"run": {"duration": "40m"}}, clients={}, limits={"hours": "00:00-00:01"})
    where = {refusal.where for refusal in checked.refusals}
    assert where >= {"run.duration", "limits.hours", "clients.caller"}


@pytest.mark.parametrize(
    ("context", "namespace", "expected"),
    [("staging", "shop", False), ("prod-1", "shop", True), ("staging", "prod", True)],
)
def test_what_looks_like_production_is_refused_unless_it_is_meant(check, staging, context, namespace, expected):
    """By the name of the context or of a namespace; `limits.production` says that it is meant."""
    config = Path(staging["cluster"]["kubeconfig"])
    config.write_text(config.read_text().replace("name: staging", f"name: {context}"))
    cluster = staging["cluster"] | {"context": context}
    services = {"api": {"namespace": namespace, "name": "checkout"}}
    faults = {"faults": {"x": NOOP}}
    home = cluster | {"home": namespace} if namespace == "prod" else cluster
    allow = {"namespaces": ["shop", "chaos", "prod"]}
    assert ("looks like production" in _found(check(faults, cluster=home, services=services, allow=allow))) is expected
    meant = check(faults, cluster=home, services=services, allow=allow, limits={"production": True})
    assert "looks like production" not in _found(meant)


@pytest.mark.parametrize(
    ("verb", "resource", "needed"),
    [("create", "leases", True), ("delete", "configmaps", True), ("watch", "pods", True), ("delete", "pods", True)],
)
def test_a_missing_right_is_named(check, api, verb, resource, needed):
    """The verb, the resource, the namespace, and who needs it."""
    api.denied.add((verb, resource))
    refused = [each for each in check().refusals if each.where == "rights"]
    assert len(refused) == 1
    assert refused[0].sought.startswith(f"{verb} {resource}")
    assert refused[0].found == "not allowed"


def test_rights_to_see_leaders_are_wished_for_only(check, api):
    """Without them the journal says less, and the run may be made."""
    api.denied.add(("watch", "leases"))
    checked = check()
    assert checked.refusals == ()
    assert "watch leases.coordination.k8s.io in namespace kube-system is not allowed" in str(checked.remarks[0])


def test_lists_that_are_forbidden_are_refusals_and_no_traceback(check, api):
    """Whoever may not look gets told so."""
    api.denied |= {("list", "nodes"), ("list", "deployments")}
    assert "rights: a look at what is there: list /api/v1/nodes: 403 Forbidden" in _found(
        check({"faults": {"x": NOOP}})
    )


def test_the_last_ready_replica_stays(check, api):
    """One pod is Ready: no fault may take it, unless the binding says so."""
    api.put(*(pod("checkout", number, f"worker-{number}", ready=False) for number in (1, 2)))
    drain = {"faults": {"x": {"kind": "drain", "node": "three", "at": "10s", "for": "60s"}}}
    open_limits = {"replicas_share": 1.0}
    assert "that a Ready pod remains: 1 of 1 Ready pods" in _found(check(drain, limits=open_limits))
    assert "remains" not in _found(check(drain, limits=open_limits | {"last_replica": True}))


def test_nodes_at_once_are_limited_by_count_and_by_share(check):
    """Two drains that overlap take two of three."""
    faults = {
        name: {"kind": "drain", "node": node_, "at": "10s", "for": "60s"}
        for name, node_ in (("a", "one"), ("b", "two"))
    }
    said = _found(check({"faults": faults}))
    assert (
        "faults a, b: how many nodes are lost at once: 2 of 3 Ready nodes; accepted: at most 1 (limits.nodes)" in said
    )
    assert "accepted: at most 50% of them (limits.nodes_share)" in said
    later = faults | {"b": faults["b"] | {"at": "70s"}}
    assert "how many nodes" not in _found(check({"faults": later}))


def test_the_control_plane_stays_unless_the_binding_says_otherwise(check, api):
    """A node with that role, drained."""
    api.put(node("worker-1", control_plane=True))
    drain = {"faults": {"x": {"kind": "drain", "node": "one", "at": "10s", "for": "60s"}}}
    assert "faults.x: that the control plane stays: it takes worker-1" in _found(check(drain))
    assert "control plane" not in _found(check(drain, limits={"control_plane": True}))


def _lease(renewed):
    spec = {"holderIdentity": "run-1 by ann", "leaseDurationSeconds": 15, "acquireTime": "2026-01-01T00:00:00.000000Z"}
    metadata = {"name": "weatherglass", "namespace": "chaos"}
    return {"kind": "Lease", "metadata": metadata, "spec": spec | {"renewTime": renewed}}


def test_one_experiment_has_a_cluster_at_a_time(check, api):
    """Who holds the lease, since when, and how it is ended; one that ran out was left by a run that died."""
    api.put(_lease(time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())))
    said = _found(check())
    assert "run-1 by ann has it since 2026-01-01T00:00:00.000000Z" in said
    assert "-n chaos delete lease weatherglass" in said
    api.put(_lease("2026-01-01T00:00:00.000000Z"))
    assert "an undone run: weatherglass chaos undo" in _found(check())


def test_what_an_earlier_run_owes_is_refused(check, api):
    """Its ledger is still in the cluster: first it has to be undone."""
    ledger = '{"run": "run-9", "scenario": "s", "option": "o", "seed": 1, "started": "then", "binding": "b.yaml"}\n'
    ledger += '{"number": 0, "case": "fault/x/0", "deed": {"deed": "nothing"}, "state": "done"}\n'
    metadata = {"name": "weatherglass-run-9", "namespace": "chaos", "labels": {"weatherglass.dev/run": "run-9"}}
    api.put({"kind": "ConfigMap", "metadata": metadata, "data": {"ledger.jsonl": ledger}})
    assert "run run-9 of s (then) owes the undo of 1" in _found(check())


def test_a_target_of_another_uid_is_another_object(check, api, staging):
    """What was checked and what is there now are compared by UID."""
    experiment = check().experiment
    hands = Hands(experiment.binding)
    assert changed_since(experiment, hands) == ()
    del api.objects["/api/v1/namespaces/shop/services/checkout"]
    api.objects["/apis/apps/v1/namespaces/shop/deployments/checkout"]["metadata"]["uid"] = "another"
    changed = {each.where: each.found for each in changed_since(experiment, hands)}
    assert changed == {
        "deployment checkout in namespace shop": "uid another",
        "service checkout in namespace shop": "it is gone",
    }


def test_rights_in_namespaces_suffice_where_no_node_plays_a_part(check, api):
    """Who may not see nodes can still kill pods: nothing that lives in no namespace is asked for."""
    api.denied |= {(verb, "nodes") for verb in ("get", "list", "watch")}
    checked = check(nodes={})
    assert checked.refusals == ()
    assert [grant for grant in checked.experiment.grants if not grant.right.namespace] == []
