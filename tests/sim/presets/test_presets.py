"""Preset files and their reader."""

from __future__ import annotations

import pytest

from sim.presets import preset_entries, transport_presets
from sim.spec.traffic import Transport


@pytest.mark.parametrize("name", transport_presets())
def test_every_transport_can_be_read_as_a_file_would_be(name):
    """Each is a valid transport of the language, with a reason and a source."""
    Transport.model_validate(transport_presets()[name], context={"file": True})
    entry = preset_entries("transports")[name]
    assert set(entry) == {"why", "source", "is"}
    assert entry["why"]
    assert entry["source"]


def test_gos_transport_is_the_languages_default():
    """What a scenario does not say about a transport is what Go does."""
    assert Transport.model_validate(transport_presets()["go-net-http"]) == Transport()


def test_whoever_takes_a_transport_may_change_it():
    """The map handed out is a copy."""
    transport_presets()["wget"]["dial_timeout"] = "1s"
    assert transport_presets()["wget"]["dial_timeout"] is None
