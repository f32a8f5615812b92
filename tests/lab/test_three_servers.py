"""Whole experiments on three servers: one of them goes, and it is not missed; the datastore's leader goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chaos_commands import Commands
from chaos_runs import scenario
from lab_cluster import Cluster, lab, wait_for

from chaos.faults.leader import leader
from sim.study import simulate

pytestmark = [pytest.mark.cluster, pytest.mark.soak]

SERVERS = ("server-1", "server-2", "server-3")


@pytest.fixture(scope="module")
def three(state: Path) -> Iterator[Cluster]:
    """A lab of three servers and three nodes."""
    with lab("three", state, "--shape", "three-servers", "--timings", "fast", serves_in_s=120.0) as made:
        yield made


@pytest.fixture
def commands(three: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """Commands on the lab, which must be whole before."""
    monkeypatch.setenv("XDG_STATE_HOME", str(three.state))
    wait_for(
        lambda: {row["health"] for row in three.status().values()} == {"ok", "done"}, 60, "all components are well"
    )
    made = Commands(three, tmp_path)
    yield made
    made.runs.hands.close()


@pytest.mark.parametrize("option", ["one-try", "patient"])
def test_one_server_of_three_is_not_missed(option: str, commands: Commands, record_property: Any) -> None:
    """Calls go on while its API server and its datastore member are dead: every objective is kept, as simulated."""
    what, binding = "lose-one-server-of-three", "lab-lose-one-server"
    done, plan = commands.run(what, binding, "--option", option), commands.plan(what, binding, option)
    verdicts = simulate(plan.scenario, plan.option, plan.seed).summary.verdicts
    simulated = {each.objective: each.verdict for each in verdicts}
    record_property("real", done.verdicts())
    record_property("simulated", simulated)
    assert done.code == 0, done.err
    assert done.verdicts() == simulated
    assert set(simulated.values()) == {"held"}


def test_who_leads_the_datastore_is_killed_and_another_leads(commands: Commands) -> None:
    """The member is found when the fault begins; the two others elect one of them; it comes back as a follower."""
    plain = commands.runs.binding
    first = leader(plain)
    made = scenario((), 25.0)
    made["cluster"] |= {"preset": "k8s-stacked-etcd"}
    made["cluster"]["nodes"] |= {name: {} for name in SERVERS}
    made["cluster"]["control_plane"] = {"servers": list(SERVERS), "datastore": "etcd"}
    made["faults"] = {"headless": {"kind": "member_loss", "member": "leader", "at": "2s", "for": "15s"}}
    path = commands.folder / "headless.yaml"
    path.write_text(json.dumps(made))  # JSON is YAML
    done = commands.run(str(path), str(commands.folder / "binding.yaml"))
    assert done.code == 0, done.err
    assert [event.detail["deed"] for event in done.events("injected", "undone")] == [
        f"stop etcd-{first} --how kill"
    ] * 2
    assert leader(plain) in {*SERVERS} - {first}
