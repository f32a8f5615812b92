from __future__ import annotations

import os

import pytest
from lab_sites import a_site

from chaos.lab import leftovers
from chaos.lab.down import LeftBehind, down
from chaos.lab.errors import LabError
from chaos.lab.ledger import Thing, write
from chaos.lab.leftovers import KINDS, Kind, in_order, remove, what_to_type
from chaos.lab.process import alive, launch
from chaos.lab.record import Lab
from chaos.lab.register import Register
from chaos.lab.roster import Entry

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it looks at network namespaces and cgroups")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A lab that was killed in the middle: a folder, a claim, processes, no network yet."""
    monkeypatch.setattr("chaos.lab.settings.FIXED", ())
    kernel = tmp_path / "sys"
    (kernel / "fs/inotify").mkdir(parents=True)
    (kernel / "fs/inotify/max_user_instances").write_text("4096")
    made = Lab("unit-test", tmp_path / "labs", Register(tmp_path / "run", kernel))
    made.folders.home.mkdir(parents=True)
    made.folders.run.mkdir(parents=True)
    write(made.ledger, made.things)
    made.register.take(made.name, made.folders.home)
    return made


def _sleeper(lab):
    return launch(("/bin/sleep", "60"), env={}, log=lab.folders.home / "log", mark=str(lab.folders.run))


def test_what_a_crash_left_is_taken_down(lab):
    """Processes with the lab's mark (also those that nobody wrote down), folders, the claim; others stay."""
    written, unknown = _sleeper(lab), _sleeper(lab)
    other = launch(("/bin/sleep", "60"), env={}, log=lab.labs / "log", mark=f"{lab.folders.run}-other")
    lab.roster.put("x", Entry(written))
    lab.write(a_site(lab.folders.home, name=lab.name))
    down(lab)
    assert [alive(each) for each in (written, unknown, other)] == [False, False, True]
    assert (lab.exists, lab.folders.run.exists(), lab.register.folder.exists()) == (False, False, False)
    os.kill(other.pid, 9)


def test_somebody_elses_lab_of_the_same_name_is_not_touched(lab, tmp_path):
    """What is ours of it goes, his processes and his claim stay; and where nothing is ours, that is said."""
    his = _sleeper(lab)
    ours = Lab(lab.name, tmp_path / "ours", lab.register)
    with pytest.raises(LabError, match=f"is somebody else's, at {lab.folders.home}"):
        down(ours)
    ours.folders.home.mkdir(parents=True)
    down(ours)
    assert (alive(his), ours.exists, lab.exists, lab.owner) == (True, False, True, lab.folders.home)
    os.kill(his.pid, 9)


def test_a_second_down_finds_nothing(lab):
    """Taking down what is not there is no error."""
    down(lab)
    down(lab)
    assert not lab.exists


def test_what_cannot_be_removed_is_said_with_the_command_that_does(lab, monkeypatch):
    """Exit code 4; the ledger stays, so that `down` can be said again."""
    stubborn = Kind(lambda name: [name], lambda _: None, "umount --lazy {}")
    monkeypatch.setitem(leftovers.KINDS, "mounts", stubborn)
    monkeypatch.setitem(leftovers.KINDS, "folder", Kind(lambda _: [], lambda _: None, ""))
    with pytest.raises(LeftBehind) as left:
        down(lab, limit_s=0.0)
    assert left.value.exit_code == 4
    assert f"  umount --lazy {lab.folders.run}\n" in str(left.value)
    assert lab.ledger.exists()


def test_things_are_removed_in_the_order_of_the_table():
    """Processes before what they use, the claim last; each thing once."""
    things = [
        Thing("claim", "c"),
        Thing("folder", "f"),
        Thing("processes", "p"),
        Thing("claim", "c"),
        Thing("link", "l"),
    ]
    assert [thing.kind for thing in in_order(things)] == ["processes", "link", "folder", "claim"]
    assert (next(iter(KINDS)), list(KINDS)[-1]) == ("members", "claim")


def test_a_folder_with_a_mount_below_is_not_removed(tmp_path, monkeypatch):
    """Or what is mounted there would be removed too."""
    monkeypatch.setattr(leftovers.mounts, "below", lambda _: ["/somewhere"])
    (tmp_path / "precious").write_text("x")
    assert remove(Thing("folder", str(tmp_path)), limit_s=0.0) == [str(tmp_path)]
    assert (tmp_path / "precious").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_command_for_a_person(kind):
    """It names the thing."""
    (command,) = what_to_type(Thing(kind, "x"), ["7"])
    assert "7" in command
