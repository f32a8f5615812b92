"""A survey: policies under adversities, as people and machines hold it."""

from __future__ import annotations

import json

import made_survey
import pytest


def test_its_rows_are_those_of_every_scenario():
    """`scenario` names the adversity, `option` the policy; JSON has no infinity: never is null."""
    survey = made_survey.survey()
    rows = json.loads(survey.to_json())
    assert {(row["scenario"], row["option"]) for row in rows} == {
        (scenario, policy) for scenario, shares in made_survey.SUCCESS.items() for policy in shares
    }
    never = [row for row in rows if row["metric"] == "recovery_s" and row["option"] == "plain"]
    assert [(row["value"], row["n"]) for row in never] == [(None, 10)]
    assert len(rows) == len(survey.rows) == len(survey.to_polars())


def test_runs_that_never_came_back_stand_beside_the_quantiles():
    """The share of lost runs has its own exact interval."""
    survey = made_survey.survey()
    lost = {
        row.option: (row.value, round(row.ci_low, 3), round(row.ci_high, 3))
        for row in survey["storm"].rows
        if row.metric == "collapsed_share"
    }
    assert lost == {"none": (0.0, 0.0, 0.308), "plain": (1.0, 0.692, 1.0), "budget": (0.0, 0.0, 0.308)}


def test_it_answers_with_rows_ranks_and_standings(tmp_path):
    """What is saved is what it answers, one file a table."""
    survey = made_survey.survey()
    written = survey.save(tmp_path / "new")
    assert sorted(path.name for path in written.iterdir()) == ["ranks.json", "rows.json", "standings.json"]
    ranks = json.loads((written / "ranks.json").read_text())
    assert len(ranks) == len(survey.ranks) == 3 * (3 + 4)  # the calm has nothing to recover from


def test_it_says_what_it_is():
    """In one line; a scenario that it does not have is a KeyError."""
    assert repr(made_survey.survey()) == "<Survey of 3 policies in 2 scenarios>"
    assert repr(made_survey.survey(interrupted=True)) == "<Survey of 3 policies in 2 scenarios, stopped early>"
    with pytest.raises(KeyError):
        made_survey.survey()["nowhere"]


def test_it_draws_a_scenario():
    """The first one, unless one is named."""
    survey = made_survey.survey()
    assert "calm" in survey.plot().get_suptitle()
    assert "storm" in survey.plot("storm").get_suptitle()


def test_in_a_notebook_it_is_a_table_of_success_ranks_and_lost_runs():
    """Adversities are rows, policies columns; who is lost is said in words."""
    html = made_survey.survey()._repr_html_()
    assert html.count("<tr>") == 3
    assert "20.1 % (3)<br><small>10 of 10 runs never came back</small>" in html
    assert html.count("never came back") == 1
