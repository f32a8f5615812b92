from __future__ import annotations

import signal

import pytest
from lab_sites import a_site

from chaos.lab import control, starting
from chaos.lab.control import cut, restart_target, start_target, stop_target
from chaos.lab.process import alive, launch, signal_process
from chaos.lab.record import Lab
from chaos.lab.register import Register
from chaos.lab.roster import Entry
from chaos.lab.status import status
from sim.errors import UsageError


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A lab on paper, whose components are sleeping processes without cgroups or a network."""
    made = Lab("x", tmp_path / "labs", Register(tmp_path / "run"))
    made.write(a_site(made.folders.home, name="x"))

    def launched(site, component, roster):
        process = launch(("/bin/sleep", "60"), env={}, log=site.folders.log(component.name), mark=str(tmp_path))
        roster.put(component.name, Entry(process))

    monkeypatch.setattr(starting, "launch_component", launched)
    monkeypatch.setattr(starting, "ready", lambda _: True)
    monkeypatch.setattr("chaos.lab.status.ready", lambda _: True)
    monkeypatch.setattr("chaos.lab.status.is_cut", lambda _, place: place == "node-2")
    monkeypatch.setattr(control.cgroups, "kill", lambda *_: [])
    yield made
    for name in ("coredns", "etcd-server-1", "kubelet-node-1", "containerd-node-1", "kube-proxy-node-1"):
        if (entry := made.roster.get(name)) is not None:
            signal_process(entry.process, signal.SIGKILL)


def _health(lab):
    return {row.name: row.health for row in status(lab).components}


def test_a_component_is_stopped_and_started(lab):
    """Stopped it stays down, on the roster too; started it is another process."""
    assert start_target(lab, "coredns", lambda *_: None) == ("coredns",)
    first = lab.roster.get("coredns")
    assert _health(lab)["coredns"] == "ok"
    assert stop_target(lab, "coredns") == ("coredns",)
    assert (alive(first.process), lab.roster.get("coredns").wanted, _health(lab)["coredns"]) == (
        False,
        False,
        "stopped",
    )
    start_target(lab, "coredns", lambda *_: None)
    assert lab.roster.get("coredns").running
    assert lab.roster.get("coredns").process != first.process


def test_a_frozen_component_is_thawed_by_start(lab):
    """The same process goes on."""
    start_target(lab, "etcd-server-1", lambda *_: None)
    first = lab.roster.get("etcd-server-1")
    stop_target(lab, "etcd-server-1", "freeze")
    assert (alive(first.process), _health(lab)["etcd-server-1"]) == (True, "frozen")
    start_target(lab, "etcd-server-1", lambda *_: None)
    assert lab.roster.get("etcd-server-1") == first


def test_a_node_is_what_dies_with_it(lab):
    """Its containerd, kubelet and kube-proxy; its links are no part of it."""
    names = ("containerd-node-1", "kubelet-node-1", "kube-proxy-node-1")
    assert start_target(lab, "node-1", lambda *_: None) == names
    before = [lab.roster.get(name).process for name in names]
    assert restart_target(lab, "node-1", lambda *_: None) == names
    assert not any(alive(process) for process in before)
    assert all(lab.roster.get(name).running for name in names)


def test_what_ended_by_itself_is_told_from_what_was_stopped(lab):
    """A component that nobody stopped has `ended`; one that never started is `stopped`; a task is done."""
    start_target(lab, "kubelet-node-1", lambda *_: None)
    signal_process(lab.roster.get("kubelet-node-1").process, signal.SIGKILL)
    while lab.roster.get("kubelet-node-1").running:
        pass
    found = _health(lab)
    assert (found["kubelet-node-1"], found["coredns"], found["supervisor"]) == ("ended", "stopped", "ended")
    assert status(lab).cut == ("node-2",)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda lab: stop_target(lab, "node-9"),
            "'node-9' is neither a component nor a node of lab 'x'; accepted: node-1",
        ),
        (lambda lab: stop_target(lab, "images-node-1"), "'images-node-1' is neither"),
        (
            lambda lab: stop_target(lab, "coredns", "hang"),
            "'hang' is no way to stop something; accepted: term, kill, freeze",
        ),
        (lambda lab: cut(lab, "edge"), "'edge' has no network of its own; accepted: node-1, node-2, node-3, server-1"),
    ],
)
def test_what_is_not_there_is_refused(lab, call, told):
    """With what is accepted."""
    with pytest.raises(UsageError) as refused:
        call(lab)
    assert told in str(refused.value)
