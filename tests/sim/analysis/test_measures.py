"""What a comparison of policies reads."""

from __future__ import annotations

import math

import made_survey
import pytest

from sim.analysis.measures import MEASURES, RANKED, nominal_per_s, reading_of, row_of, subject_of
from sim.spec.probes import METRICS, metric_subjects

BY_METRIC = {measure.metric: measure for measure in MEASURES}


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.metric)
def test_each_measure_is_a_metric_of_its_subject(measure):
    """Names, units and subjects are those of the language; what is ranked is also shown."""
    assert measure.unit == METRICS[measure.metric][0]
    assert subject_of(measure, "client/callers").partition("/")[0] in metric_subjects(measure.metric)
    assert set(RANKED) <= set(MEASURES)


def test_a_reading_is_of_the_whole_run_and_nothing_where_there_is_none():
    """With its counts where it is a share of calls; NaN where the run has no such value."""
    run = made_survey.replication("storm", "none", 0, 0.9, lost=False)
    found = reading_of(run, BY_METRIC["call_ok_share"], made_survey.CALLERS)
    assert (found.value, found.pair) == (0.9, (900.0, 1000.0))
    assert math.isnan(reading_of(run, BY_METRIC["call_ok_share"], "client/others").value)


@pytest.mark.parametrize("callers", ["client/callers", "cluster"])
def test_the_nominal_load_counts_calls_and_not_attempts(callers):
    """1,000 calls in two minutes are 8.33/s, however often each is tried; `cluster` means all clients."""
    runs = [made_survey.replication("storm", "plain", seed, 0.2, lost=True) for seed in range(3)]
    assert nominal_per_s(runs, callers) == pytest.approx(1000 / 120)


def test_a_row_is_found_by_option_and_measure():
    """Over the whole run, of the callers or of the cluster as the measure says."""
    storm = made_survey.survey()["storm"]
    row = row_of(storm.rows, "plain", BY_METRIC["wasted_work_share"], made_survey.CALLERS)
    assert row is not None
    assert (row.option, row.subject, row.value) == ("plain", "cluster", pytest.approx(0.3))
    assert row_of(storm.rows, "nobody", BY_METRIC["wasted_work_share"], made_survey.CALLERS) is None
