"""Preset files and their reader."""

from __future__ import annotations

from importlib.resources import files

import pytest

from sim.presets import FAMILIES, preset_aliases, preset_bodies, preset_entries, transport_presets
from sim.spec.traffic import Transport


@pytest.mark.parametrize("name", transport_presets())
def test_every_transport_can_be_read_as_a_file_would_be(name):
    """Each is a valid transport of the language, with a reason and a source."""
    Transport.model_validate(transport_presets()[name], context={"file": True})
    entry = preset_entries("transports")[name]
    assert set(entry) - {"also"} == {"why", "source", "is"}
    assert entry["why"]
    assert entry["source"]


def test_gos_transport_is_the_languages_default():
    """What a scenario does not say about a transport is what Go does."""
    assert Transport.model_validate(transport_presets()["go-net-http"]) == Transport()


def test_whoever_takes_a_transport_may_change_it():
    """The map handed out is a copy."""
    transport_presets()["wget"]["dial_timeout"] = "1s"
    assert transport_presets()["wget"]["dial_timeout"] is None


def test_every_family_is_a_file_and_every_file_a_family():
    """None is forgotten in the list, and none is listed in vain."""
    folder = files("sim.presets").joinpath("policies")
    assert sorted(FAMILIES) == sorted(path.name.removesuffix(".yaml") for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["policies", "transports"])
def test_no_name_stands_for_two_presets(kind):
    """Names and further names are all different, also between the files of families."""
    entries = preset_entries(kind)
    further = [alias for entry in entries.values() for alias in entry.get("also", ())]
    assert len({*entries, *further}) == len(entries) + len(further)
    assert len(preset_bodies(kind)) == len(entries) + len(further)
    if kind == "policies":
        assert sum(len(preset_entries(f"policies/{family}")) for family in FAMILIES) == len(entries)


@pytest.mark.parametrize("kind", ["policies", "transports"])
def test_a_further_name_is_the_preset_that_it_stands_for(kind):
    """The body of an alias is the very body of its preset."""
    bodies = preset_bodies(kind)
    assert preset_aliases(kind)
    for alias, name in preset_aliases(kind).items():
        assert bodies[alias] is bodies[name]
