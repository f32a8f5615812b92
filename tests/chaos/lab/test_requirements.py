from __future__ import annotations

import pytest

from chaos.lab import requirements
from chaos.lab.errors import LabError
from chaos.lab.requirements import Missing, explain, missing, require

ONE = Missing("Linux", "this is darwin", "use a Linux machine")
TWO = Missing("iptables", "services are made with it", "apt-get install iptables")


def test_everything_that_is_missing_is_said_at_once(tmp_path):
    """Nobody is sent away twice."""
    assert missing(tmp_path, [lambda _: ONE, lambda _: None, lambda _: TWO]) == (ONE, TWO)
    assert missing(tmp_path, [lambda _: None]) == ()


def test_what_is_missing_comes_with_its_reason_and_its_remedy():
    """The text names each, and what can be done without it."""
    assert explain((ONE, TWO)) == (
        "this machine cannot have a lab with real nodes; missing:\n"
        "  - Linux (this is darwin): use a Linux machine\n"
        "  - iptables (services are made with it): apt-get install iptables\n"
        "Without these: `weatherglass lab up --engine kwok` (a real control plane with simulated nodes), or a cluster "
        "of your own and a binding file for it."
    )


def test_missing_is_an_error_that_could_not_run(tmp_path, monkeypatch):
    """Exit code 3, by the error's kind."""
    monkeypatch.setattr(requirements, "REQUIREMENTS", (lambda _: ONE,))
    with pytest.raises(LabError) as refused:
        require(tmp_path)
    assert refused.value.exit_code == 3
    assert "use a Linux machine" in str(refused.value)


def test_without_root_only_root_is_asked_for(tmp_path):
    """What else seems missing may be there: only root can see it."""
    root = Missing("root", "user 7 may not make network namespaces", "run it with sudo")
    assert missing(tmp_path, [lambda _: ONE, lambda _: root, lambda _: TWO]) == (root,)


def test_simulated_nodes_need_little(tmp_path, monkeypatch):
    """Neither root nor tools; and the message does not advise what was asked for."""
    monkeypatch.setattr(requirements.os, "geteuid", lambda: 7)
    require(tmp_path, "kwok")
    monkeypatch.setattr(requirements, "SIMULATED", (lambda _: TWO,))
    with pytest.raises(LabError, match=r"simulated nodes; missing:\n  - iptables .*: apt-get install iptables$"):
        require(tmp_path, "kwok")


def _only(monkeypatch, tmp_path, name):
    return missing(tmp_path, [getattr(requirements, name)])


def test_a_user_without_rights_is_told(monkeypatch, tmp_path):
    """Real nodes need root."""
    monkeypatch.setattr(requirements.os, "geteuid", lambda: 7)
    (found,) = _only(monkeypatch, tmp_path, "_root")
    assert found == Missing("root", "user 7 may not make network namespaces", "run it with sudo")


def test_another_system_is_told(monkeypatch, tmp_path):
    """The lab is for Linux only."""
    monkeypatch.setattr(requirements.sys, "platform", "darwin")
    assert _only(monkeypatch, tmp_path, "_linux")[0].what == "Linux"


def test_missing_tools_are_told_with_their_packages(monkeypatch, tmp_path):
    """One package that brings two tools is named once."""
    monkeypatch.setattr(requirements.shutil, "which", lambda tool, path: None if "iptables" in tool else f"/{tool}")
    (found,) = _only(monkeypatch, tmp_path, "_tools")
    assert (found.what, found.how) == ("iptables, iptables-restore", "apt-get install iptables")


def test_a_full_disk_is_told_with_the_nearest_folder(monkeypatch, tmp_path):
    """The folder need not exist yet: the one above it that does is asked."""
    monkeypatch.setattr(requirements, "FREE_BYTES", 1 << 62)
    (found,) = missing(tmp_path / "not" / "there", [requirements._room])
    assert f"disk at {tmp_path}" in found.what


def test_a_long_path_is_told(tmp_path):
    """A kubelet's sockets would not fit."""
    assert missing(tmp_path / ("x" * 80), [requirements._short])[0].what == "a path of at most 64 letters"
