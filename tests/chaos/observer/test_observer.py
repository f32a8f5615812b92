from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from chaos.clock import RunClock
from chaos.observer import Fact, Names, Observer, observer, pulse


class _Jumping(RunClock):
    """A run clock that can be set forward."""

    __slots__ = ("ahead_s",)

    def __init__(self) -> None:
        super().__init__()
        self.ahead_s = 0.0

    def now(self) -> float:
        return super().now() + self.ahead_s


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that accepts every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The control plane is asked without rest, with short limits."""
    monkeypatch.setattr(pulse, "EVERY_S", 0.05)
    monkeypatch.setattr(pulse, "LIMIT_S", 0.3)


def _known(facts) -> dict[str, float | None]:
    named = {name: getattr(facts, name).value for name in facts.__slots__ if isinstance(getattr(facts, name), Fact)}
    named |= {f"ready of {name}": fact.value for name, fact in facts.nodes.items()}
    shares = {f"pods_ready_share of {of}": fact.value for of, fact in facts.pods_ready_share.items()}
    return {**named, **shares, **{f"pods_ready of {name}": fact.value for name, fact in facts.pods_ready.items()}}


def test_a_silent_api_server_is_a_control_plane_that_is_down(silent, kube, told, names, soon):
    """It accepts and says nothing: the share is 0, every fact unknown, and stopping waits for nobody."""
    with Observer(kube(silent), names, told, _Jumping()) as watching:
        soon(lambda: told.last("control_plane_up_share") == 0.0)
        facts = watching.facts()
        assert not watching.whole(0.1)
    assert _known(facts) == {
        "control_plane_up_share": 0.0,
        "nodes_ready": None,
        "node_ready_share": None,
        "capacity_ready_share": None,
        "workloads_available_share": None,
        "pods_terminating": None,
        "pods_ready_share of cluster": None,
        "pods_ready of web": None,
        "ready of styx": None,
        "ready of pluto": None,
    }
    assert ("api_down", "cluster") in told.kinds


def test_what_a_vanished_server_said_last_grows_old_and_is_unknown(scripted, kube, told, soon):
    """Known while it is young; the age is said with it; then unknown, and the control plane down."""
    scripted.lists = [[]]
    clock, names = _Jumping(), Names(services={("shop", "front"): "web"})
    with Observer(kube(scripted.url), names, told, clock) as watching:
        assert watching.whole(10)
        soon(lambda: watching.facts().control_plane_up_share.value == 1.0)
        young = watching.facts()
        scripted.close()
        soon(lambda: watching.facts().control_plane_up_share.value == 0.0)
        clock.ahead_s = 100.0
        old = watching.facts()
    assert (young.pods_ready["web"].value, young.pods_terminating.value) == (0, 0)
    assert 0 <= young.pods_ready["web"].age_s < observer.STALE_S
    assert (old.pods_ready["web"].value, old.pods_terminating.value) == (None, None)
    assert old.pods_ready["web"].age_s > 90
    assert [kind for kind, _ in told.kinds if kind.startswith("api_")] == ["api_down"]


def test_nothing_is_written_after_the_end(scripted, kube, told, soon):
    """A thread that is still waiting for its answer finds the notes closed."""
    scripted.lists = [[]]
    with Observer(kube(scripted.url), Names(services={("shop", "front"): "web"}), told, _Jumping()) as watching:
        assert watching.whole(10)
    rows = list(told.samples)
    watching._notes.take(watching._slices.listed, "/namespaces/shop/")
    assert told.samples == rows
