"""`weatherglass chaos check` and `rbac`: words, exit codes, what they do not touch and do not load."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kube_api import SECRET, KubeApi, kubeconfig, node, pod, running, workload
from lab_sites import a_site

import chaos
from chaos.cli import app  # noqa: F401  (adds the commands)
from chaos.lab.record import Lab
from sim.cli import main

ROOT = Path(chaos.__file__).resolve().parent.parent
HEAVY = ("kubernetes", "requests", "rich", "yaml", "numpy", "polars", "chaos.check", "chaos.deeds")
SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "test",
    "why": "a test",
    "run": {"duration": "3m", "warmup": "30s", "seed": 7},
    "cluster": {"preset": "k8s", "nodes": {"one": {}, "two": {}}},
    "workloads": {"api": {"replicas": 2, "serves": {"takes": "5ms", "at_once": 4}}},
    "services": {"api": {"of": "api"}},
    "clients": {"caller": {"from": "one", "to": "api", "arrivals": {"poisson": "5/s"}}},
    "faults": {"kill": {"kind": "pod_kill", "workload": "api", "at": "30s"}},
}


@pytest.fixture
def api() -> Iterator[tuple[KubeApi, str]]:
    """A cluster of two workers with a pod of the checkout each, and its URL."""
    made = KubeApi()
    made.put(node("worker-1"), node("worker-2"), workload("checkout", 2))
    made.objects["/apis/apps/v1/namespaces/shop/deployments/checkout"]["spec"]["selector"] = {"matchLabels": {"a": "b"}}
    made.put(*(pod("checkout", number, f"worker-{number}") for number in (1, 2)))
    made.put({"kind": "Service", "metadata": {"name": "checkout", "namespace": "shop"}, "spec": {}})
    with running(made) as url:
        yield made, url


def _files(folder: Path, server: str, entry: str) -> tuple[Path, dict[str, Any]]:
    """Write a scenario and a kubeconfig; return the scenario's path and the data of a binding."""
    scenario = folder / "scenario.yaml"
    scenario.write_text(yaml.safe_dump(SCENARIO, sort_keys=False))
    config = kubeconfig(folder / "kubeconfig", server, secret=SECRET)
    return scenario, {
        "version": 1,
        "name": "staging",
        "cluster": {"kubeconfig": str(config), "context": "staging", "home": "chaos"},
        "nodes": {"one": {"name": "worker-1"}, "two": {"name": "worker-2"}},
        "workloads": {"api": {"namespace": "shop", "name": "checkout"}},
        "services": {"api": {"namespace": "shop", "name": "checkout", "port": 80}},
        "clients": {"caller": {"url": entry}},
        "allow": {"namespaces": ["shop", "chaos"]},
        "limits": {"duration": "10m", "nodes": 1},
        "stop": {"broken_for": "20s"},
        "set": {"run.duration": "2m"},
    }


def _run(folder: Path, scenario: Path, data: Any, *more: str, command: str = "check") -> int:
    path = folder / "binding.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return main(["chaos", command, str(scenario), "--binding", str(path), *more])


@pytest.fixture
def entry() -> Iterator[str]:
    """Somebody who listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_help_loads_nothing_heavy(tmp_path):
    """By module name, never by time."""
    code = (
        "import sys; from chaos.cli import main; code = main(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, "chaos", "check", "--help"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_a_plan_that_fits_ends_with_0_and_tells_everything(tmp_path, api, entry, capsys):
    """The plan, the kill switch, the command that runs it; no secret; and nothing was written to the cluster."""
    scenario, data = _files(tmp_path, api[1], entry)
    assert _run(tmp_path, scenario, data) == 0
    told = capsys.readouterr()
    for word in ("Kubernetes v1.34.4", "kill (pod_kill)", "delete 1 pods", "uid-of-deployment-checkout", entry, "30s"):
        assert word in told.out
    assert "-n chaos delete lease weatherglass" in told.out
    assert f"weatherglass chaos run {scenario} --binding {tmp_path / 'binding.yaml'}" in told.out
    assert SECRET not in told.out + told.err
    assert api[0].writes == []


def test_for_machines_there_is_one_object_and_nothing_else(tmp_path, api, entry, capsys):
    """With refusals too; then the exit code is 2."""
    scenario, data = _files(tmp_path, api[1], entry)
    assert _run(tmp_path, scenario, data, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["refusals"], told["worst_case_s"], told["seed"]) == ([], 180.0, 7)
    assert told["left"][1] == {"what": "workload api", "ready": 2, "lost": 1, "remain": 1, "by": ["kill"]}
    assert _run(tmp_path, scenario, data | {"clients": {}}, "--json") == 2
    told = json.loads(capsys.readouterr().out)
    assert [each["where"] for each in told["refusals"]] == ["clients.caller"]
    assert SECRET not in json.dumps(told)


def test_a_silent_api_server_ends_with_3(tmp_path, entry, capsys):
    """It takes the connection and never answers: said in words, after one limited call."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        scenario, data = _files(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}", entry)
        assert _run(tmp_path, scenario, data) == 3
    assert "GET /version: no answer from the API server" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "more", "told"),
    [
        (
            {"cluster": {"kubeconfig": "/nowhere", "context": "x"}},
            (),
            "/nowhere: no context 'x' to use ([Errno 2] No such file or directory: '/nowhere'); "
            "accepted: a kubeconfig that has it",
        ),
        ({"set": {"run.seed": 3}}, (), "set.run.seed: 'run.seed' cannot be changed by a binding"),
        ({"set": {"faults.nobody.for": "3s"}}, (), "faults.nobody"),
        ({"limits": {"hours": "never"}}, (), "limits.hours: 'never' is not accepted"),
        ({}, ("--option", "nobody"), "'nobody' is no option"),
        ({"extends": "lab"}, ("--lab", "not-there"), "there is no lab 'not-there'"),
    ],
)
def test_bad_usage_ends_with_2_before_anything_is_asked(tmp_path, api, entry, capsys, changed, more, told):
    """On standard error, with the place."""
    scenario, data = _files(tmp_path, api[1], entry)
    assert _run(tmp_path, scenario, data | changed, *more) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert told in heard.err
    assert api[0].asked == []


def test_the_current_context_is_never_taken(tmp_path, api, entry, capsys):
    """A binding without a context is wrong, whatever the kubeconfig says."""
    scenario, data = _files(tmp_path, api[1], entry)
    del data["cluster"]["context"]
    assert _run(tmp_path, scenario, data) == 2
    assert "cluster.context: is missing" in capsys.readouterr().err


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 99),
    st.text("abz-:/. 0%", max_size=6),
    st.sampled_from(["worker-9", "prod", "1ms", "http://127.0.0.1:1", "kill", "600%", "10h"]),
    st.lists(st.sampled_from(["shop", "x"]), max_size=2),
    st.just({}),
)


def _places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in inner for found in ((*at, key), *_places(value, (*at, key)))]


@given(data=st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_binding_makes_a_check_fail_or_touch_anything(tmp_path, api, entry, capsys, data):
    """Whatever is wrong with it: it is allowed, refused or silent, never a bug of ours; and nothing is written."""
    scenario, whole = _files(tmp_path, api[1], entry)
    made = deepcopy(whole)
    *way, last = data.draw(st.sampled_from(_places(made)))
    holder: Any = made
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(JUNK)
    code = _run(tmp_path, scenario, made, "--json")
    told = capsys.readouterr()
    assert code in {0, 2, 3}
    assert "Traceback" not in told.err
    assert api[0].writes == []


def test_rights_are_printed_as_a_manifest(tmp_path, api, entry, capsys):
    """YAML on standard output, for the account that was asked for, with what the deeds and the run itself need."""
    scenario, data = _files(tmp_path, api[1], entry)
    assert _run(tmp_path, scenario, data, "--service-account", "ci/bot", command="rbac") == 0
    made = [*yaml.safe_load_all(capsys.readouterr().out)]
    assert made[0]["metadata"] == {"name": "bot", "namespace": "ci"}
    shop = next(each for each in made if each["kind"] == "Role" and each["metadata"]["namespace"] == "shop")
    assert {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete", "get", "list", "watch"]} in shop["rules"]
    home = next(each for each in made if each["kind"] == "Role" and each["metadata"]["namespace"] == "chaos")
    assert {rule["resources"][0] for rule in home["rules"]} == {"leases", "configmaps", "events"}
    assert api[0].writes == []


@pytest.mark.parametrize("account", ["runner", "A/b", "a/b/c", "/", ""])
def test_an_account_has_a_namespace_and_a_name(tmp_path, api, entry, capsys, account):
    """Anything else is bad usage."""
    scenario, data = _files(tmp_path, api[1], entry)
    assert _run(tmp_path, scenario, data, "--service-account", account, command="rbac") == 2
    assert "accepted: NAMESPACE/NAME" in capsys.readouterr().err


def test_rights_of_a_fault_that_cannot_be_done_are_not_guessed(tmp_path, api, entry, capsys):
    """The reasons are told, and no manifest is printed."""
    scenario, data = _files(tmp_path, api[1], entry)
    assert (
        _run(tmp_path, scenario, data | {"workloads": {"api": {"namespace": "shop", "name": "x"}}}, command="rbac") == 2
    )
    heard = capsys.readouterr()
    assert (heard.out, "faults.kill" in heard.err) == ("", True)


NOWHERE = {"cluster": {"kubeconfig": "/nowhere", "context": "x", "home": "chaos"}}


def test_rights_without_a_cluster_are_refused_by_the_file_that_is_missing(tmp_path, api, entry, capsys):
    """Once, with the faults that need it; what else cannot be done stands beside it."""
    scenario, data = _files(tmp_path, api[1], entry)
    assert _run(tmp_path, scenario, data | NOWHERE, command="rbac") == 2
    first = (
        "cluster: a cluster to look at, to find whom faults.kill hits: /nowhere: no context 'x' to use "
        "([Errno 2] No such file or directory: '/nowhere'); accepted: a kubeconfig that has it\n"
    )
    assert capsys.readouterr() == ("", first)
    slow = {"kind": "latency", "path": "caller->api", "added": "20ms", "at": "1m", "for": "5s"}
    assert _run(tmp_path, scenario, data | NOWHERE | {"add": {"faults.slow": slow}}, command="rbac") == 2
    told = capsys.readouterr().err
    assert (told.startswith(first), "faults.slow: " in told, told.count("/nowhere: ")) == (True, True, 1)


def test_rights_of_faults_that_hit_nothing_in_the_cluster_need_none(tmp_path, api, entry, capsys):
    """The manifest can be shown to whoever has to grant it before there is a kubeconfig at all."""
    scenario, data = _files(tmp_path, api[1], entry)
    alone = {"remove": ["faults.kill"], "add": {"faults.try": {"kind": "noop", "at": "1m", "for": "5s"}}}
    assert _run(tmp_path, scenario, data | NOWHERE | alone, command="rbac") == 0
    assert next(yaml.safe_load_all(capsys.readouterr().out))["kind"] == "ServiceAccount"


def test_a_lab_that_is_not_up_yet_has_no_binding(tmp_path, monkeypatch, capsys):
    """Its record is there, what its nodes are called is not yet: what shows how far it is is named."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    lab = Lab.named("slow")
    lab.write(a_site(lab.folders.home, name="slow"))
    assert main(["chaos", "check", "node-lost", "--binding", "lab", "--lab", "slow"]) == 2
    told = f"lab 'slow' is not up yet: it has no {lab.folders.binding}; accepted: one that is Ready; "
    assert capsys.readouterr() == ("", f"{told}see: weatherglass lab status --name slow\n")
