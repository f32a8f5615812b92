from __future__ import annotations

from pathlib import Path

import pytest
from lab_sites import a_site

from chaos.lab.errors import LabError
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
    """And what is half made, with the command that removes it."""
    (tmp_path / "other").mkdir()
    lab = Lab("x", tmp_path)
    with pytest.raises(LabError) as missing:
        lab.site()
    assert str(missing.value) == "there is no lab 'x' (labs: other)"
    assert (lab.exists, lab.places()) == (False, None)
    lab.folders.home.mkdir()
    with pytest.raises(LabError, match="what is left of it goes with: weatherglass lab down --name x"):
        lab.site()


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
