from __future__ import annotations

from pathlib import Path

import pytest
from lab_sites import a_site

from chaos.lab.errors import LabError, NoSuchLab
from chaos.lab.record import Lab, labs_folder


def test_a_site_is_read_as_it_was_written(tmp_path):
    """Any later command finds the same components."""
    lab = Lab("x", tmp_path)
    site = a_site(lab.folders.home, name="x", kind="three-servers", zones=("a",))
    lab.write(site)
    assert lab.site() == site
    assert lab.places() == site.places
    assert (lab.folders.home / "lab.json").stat().st_mode & 0o777 == 0o600


def test_no_lab_is_said_with_those_that_are_there(tmp_path):
    """Only whole ones; and of one that is half made, the commands that make it anew. It is bad usage: exit code 2."""
    other, lab = Lab("other", tmp_path), Lab("x", tmp_path)
    other.write(a_site(other.folders.home, name="other"))
    with pytest.raises(NoSuchLab) as missing:
        lab.site()
    accepted = "accepted: one that is there (other), or a new one: "
    assert str(missing.value) == f"there is no lab 'x' in {tmp_path}; {accepted}weatherglass lab up --name x"
    assert (lab.exists, lab.places(), missing.value.exit_code) == (False, None, 2)
    lab.folders.home.mkdir()
    with pytest.raises(NoSuchLab) as missing:
        lab.site()
    again = "weatherglass lab down --name x, then weatherglass lab up --name x"
    assert str(missing.value) == f"lab 'x' is only half made, at {lab.folders.home}; {accepted}{again}"


def test_a_lab_is_made_or_removed_by_one_process(tmp_path):
    """The other one is told who it is."""
    lab = Lab("x", tmp_path)
    with lab.lock(), pytest.raises(LabError, match="is being made or removed by process"), lab.lock():
        raise AssertionError("both hold it")
    assert list(tmp_path.iterdir()) == []


def test_things_of_a_lab_need_no_record(tmp_path):
    """A crash may come before anything was written down: its name says what there may be."""
    lab = Lab("x", tmp_path)
    without = {thing.kind for thing in lab.things}
    lab.write(a_site(lab.folders.home, name="x"))
    assert {thing.kind for thing in lab.things} - without == {"namespace"}


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_STATE_HOME": "/state"}, Path("/state/weatherglass/labs")),
        ({"XDG_STATE_HOME": "relative"}, Path.home() / ".local/state/weatherglass/labs"),
        ({}, Path.home() / ".local/state/weatherglass/labs"),
    ],
)
def test_labs_are_where_a_users_state_is(environ, folder):
    """A relative XDG_STATE_HOME is to be ignored (XDG base dirs 0.8)."""
    assert labs_folder(environ) == folder
