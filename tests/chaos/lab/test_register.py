from __future__ import annotations

import pytest

from chaos.lab import register
from chaos.lab.errors import LabError
from chaos.lab.places import FIRST_INDEX, LAST_INDEX
from chaos.lab.register import Claim, Register


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without routes, with one setting."""
    monkeypatch.setattr(register, "invoke", lambda *_: f"10.{FIRST_INDEX}.0.0/24 dev eth7\nbroadcast 10.3.0.255")
    monkeypatch.setattr("chaos.lab.settings.FIXED", ())
    setting = tmp_path / "sys" / "fs" / "inotify" / "max_user_instances"
    setting.parent.mkdir(parents=True)
    setting.write_text("128")
    return Register(tmp_path / "run", tmp_path / "sys")


def _home(tmp_path, name):
    (tmp_path / name).mkdir()
    return tmp_path / name


def test_two_labs_never_share_a_number(machine, tmp_path):
    """Nor do they take one that a route of the machine uses; a number that was given back is free again."""
    a, b = _home(tmp_path, "a"), _home(tmp_path, "b")
    assert machine.take("a", a) == FIRST_INDEX + 1
    assert machine.take("b", b) == FIRST_INDEX + 2
    assert machine.claims() == (Claim("a", FIRST_INDEX + 1, a), Claim("b", FIRST_INDEX + 2, b))
    machine.release("a")
    assert machine.take("c", _home(tmp_path, "c")) == FIRST_INDEX + 1


def test_a_name_is_taken_once_on_a_machine(machine, tmp_path):
    """Whoever's lab it is: the message names its folder. One whose folder is gone blocks nothing."""
    machine.take("a", _home(tmp_path, "a"))
    with pytest.raises(LabError, match=f"a lab 'a' is on this machine already, at {tmp_path / 'a'}"):
        machine.take("a", _home(tmp_path, "other"))
    (tmp_path / "a").rmdir()
    assert machine.take("a", tmp_path / "other") == FIRST_INDEX + 1


def test_no_free_number_is_said(machine, tmp_path, monkeypatch):
    """All numbers in use is an error with the range."""
    monkeypatch.setattr(register, "invoke", lambda *_: " ".join(f"10.{i}.0.0" for i in range(LAST_INDEX + 1)))
    with pytest.raises(LabError, match="are in use on this machine"):
        machine.take("a", _home(tmp_path, "a"))


def test_the_last_lab_takes_the_register_with_it(machine, tmp_path):
    """Settings go back and the folder goes, with whatever a crash left in it; releasing twice changes nothing."""
    setting = machine.kernel / "fs/inotify/max_user_instances"
    for name in ("a", "b"):
        machine.take(name, _home(tmp_path, name))
    machine.release("a")
    assert (setting.read_text(), machine.folder.exists()) == ("1024", True)
    (machine.folder / "claims" / "b.json.new").write_text("{")
    machine.release("b")
    assert (setting.read_text(), machine.folder.exists()) == ("128", False)
    machine.release("b")
    assert not machine.folder.exists()
