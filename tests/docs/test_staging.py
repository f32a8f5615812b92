"""docs/staging.md against the code: every section of a binding, every default of a limit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaos.binding import Binding, Limits, StopWhen
from sim.quantities import show_duration

TEXT = (Path(__file__).parents[2] / "docs" / "staging.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (`[^|]*`) \| (.*) \|$", TEXT, re.MULTILINE))


def test_every_section_of_a_binding_is_in_the_table():
    """None is missing, and none is there that a binding does not have."""
    told = {name for names in ROWS for name in re.findall(r"`(\w+)`", names)}
    refused_at = {"run", "rights", "guardian"}  # places of the table of refusals
    assert told - refused_at == {*Binding.model_fields, "extends"}


@pytest.mark.parametrize(("row", "model"), [("`limits`", Limits), ("`stop`", StopWhen)])
def test_defaults_are_those_of_the_code(row, model):
    """With their units."""
    for name, field in model.model_fields.items():
        value = field.default
        if value is None:
            assert f"`{name}`" in ROWS[row]
            continue
        is_share = name.endswith("share")
        text = f"{value:.0%}" if is_share else show_duration(value) if isinstance(value, float) else str(value).lower()
        assert f"`{name}` {text}" in ROWS[row]


def test_every_point_of_what_to_expect_has_a_row_and_a_command():
    """The eleven of them in order (issue 8, "what a staging engineer expects"), each with something to type."""
    rows = re.findall(r"^\| (\d+) \| (.+) \| ((?:[^|]|\\\|)+) \|$", TEXT, re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == [*range(1, 12)]
    assert all("`" in shown for _, _, shown in rows)
