"""`weatherglass policies list` and `show`."""

from __future__ import annotations

import json

import pytest

from sim.cli import main
from sim.policy import policy_preset, policy_preset_names


def test_the_list_has_every_policy_in_one_line(capsys):
    """Family by family; in a pipe no line is cut."""
    assert main(["policies", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    named = [line.split()[0] for line in lines if line.startswith("  ")]
    assert named == list(policy_preset_names())
    assert any(line == "aws" for line in lines)
    assert not any(line.endswith("…") for line in lines)


def test_the_list_for_machines_has_name_family_words_and_source(capsys):
    """One object a policy."""
    assert main(["policies", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == list(policy_preset_names())
    assert rows["none"] == {
        "name": "none", "also": [], "family": "basics", "does": "one attempt",
        "why": rows["none"]["why"], "source": "definition",
    }  # fmt: skip


def test_a_policy_is_shown_in_words_with_its_source_and_its_picture(capsys):
    """Its pauses are those of the policy itself: a half, one and a half seconds of plain doubling would not do."""
    assert main(["policies", "show", "go-retryablehttp"]) == 0
    shown = capsys.readouterr().out
    for said in ("Source:  hashicorp/go-retryablehttp", "every attempt fails at once (status 503)", "a silent server",
                 "The call ends after 15", "try 5"):  # fmt: skip
        assert said in shown
    assert max(map(len, shown.splitlines())) <= 100


ONE_A_FAMILY = list({policy_preset(name).family: name for name in policy_preset_names()}.values())


@pytest.mark.parametrize("name", ONE_A_FAMILY)
def test_a_policy_for_machines_has_the_numbers_of_both_schedules(name, capsys):
    """One of each family; that every policy can be driven is the test of who drives it."""
    assert main(["policies", "show", name, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == name
    assert [len(schedule["tries"]) > 0 for schedule in told["schedules"].values()] == [True, True]
    assert all(tries >= 1 for tries in told["tries_by_failure"].values())


def test_a_further_name_shows_the_same_policy(capsys):
    """`envoy` is what Envoy's own entry is called."""
    assert main(["policies", "show", "envoy"]) == 0
    assert capsys.readouterr().out.startswith("envoy-5xx (also: envoy")


def test_a_misspelt_name_ends_with_2_and_the_nearest(capsys):
    """On standard error, with what to do."""
    assert main(["policies", "show", "aws-standrd"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "did you mean aws-standard?" in said.err
    assert "policies list" in said.err


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_schedule_is_drawn_into_a_file(tmp_path, capsys, suffix):
    """The picture is written and named on standard error."""
    path = tmp_path / "new" / f"schedule.{suffix}"
    assert main(["policies", "show", "aws-standard", "--json", "--plot", str(path)]) == 0
    assert path.stat().st_size > 5000
    assert f"picture: {path}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "said"), [("x.txt", "accepted: .png, .svg, .pdf"), ("there.png", "is a directory; accepted")]
)
def test_a_picture_that_cannot_be_drawn_is_found_out_first(tmp_path, capsys, path, said):
    """Ends with 2 and says what is accepted."""
    (tmp_path / "there.png").mkdir()
    assert main(["policies", "show", "none", "--plot", str(tmp_path / path)]) == 2
    assert said in capsys.readouterr().err
