from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from good_binding import good_binding
from real_guardian import RealGuardian
from real_toxiproxy import RealToxiproxy, Upstream

from chaos.binding import Binding
from chaos.check.finding import Refusal, Remark
from chaos.check.guardians import guardians
from chaos.deeds import GuardianOrder
from chaos.guard import Remove, Run


@pytest.fixture
def guardian(tmp_path: Path) -> Iterator[RealGuardian]:
    """A guardian of a toxiproxy that runs; it is not started yet."""
    upstream = Upstream()
    real = RealToxiproxy(tmp_path, upstream.address, ("link",))
    real.start()
    made = RealGuardian(tmp_path, real)
    yield made
    if made.process is not None:
        made.end()
    real.kill()
    upstream.close()


def _binding(url: str) -> Binding:
    edge = {"api": "http://127.0.0.1:1", "restart": ["true"], "guardian": url}
    return Binding.model_validate(good_binding(toxiproxies={"edge": edge}), context={"file": True})


def _found(guardian: RealGuardian, *undo: Remove | Run) -> tuple[Refusal | Remark, ...]:
    url = guardian.client.url
    return guardians(_binding(url), [GuardianOrder(url, undo)])


def test_a_guardian_that_can_do_what_it_will_be_told_is_fit(guardian):
    """It is free, has a way to restart its toxiproxy, and knows the command."""
    guardian.start()
    assert _found(guardian, Remove("link", "toxic"), Run("start", "node-1")) == ()


def test_a_command_that_it_does_not_know_is_refused(guardian):
    """Arming would be refused in the middle of the run."""
    guardian.start()
    (refusal,) = _found(guardian, Run("start", "node-1"), Run("join", "node-1"), Run("join", "node-2"))
    assert isinstance(refusal, Refusal)
    assert (refusal.sought, refusal.found) == ("that it can run join", "its commands are start")


def test_a_guardian_that_cannot_restart_its_toxiproxy_is_told(guardian):
    """Though the binding can: that dies with this machine. One of no toxiproxy has nothing to restart."""
    guardian.restart = []
    guardian.start()
    (remark,) = _found(guardian, Remove("link", "toxic"))
    assert isinstance(remark, Remark)
    assert "has no way to restart its toxiproxy" in remark.said
    elsewhere = _binding("unix:/another.sock")
    assert guardians(elsewhere, [GuardianOrder(guardian.client.url, (Run("start", "node-1"),))]) == ()


def test_a_guardian_that_holds_a_run_is_refused(guardian):
    """It can watch over one run at a time."""
    guardian.start()
    guardian.client.arm("earlier", 60.0)
    assert "it holds run earlier (armed)" in str(_found(guardian))


def test_a_guardian_that_does_not_answer_is_refused():
    """A fault would outlive this machine."""
    url = "unix:/nowhere/guardian.sock"
    (refusal,) = guardians(_binding(url), [GuardianOrder(url, ())])
    assert isinstance(refusal, Refusal)
    assert refusal.where == f"guardian {url}"
