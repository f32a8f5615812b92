"""A window is late when its 99th percentile of lag is, and only then."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaos.client.lag import LATE_S, Lag


def told(lags_s: list[float]) -> tuple[Lag, list[tuple[float, dict[str, float]]]]:
    """Return what watched calls that were sent in the first second, so much too late each."""
    events: list[tuple[float, dict[str, float]]] = []
    lag = Lag(lambda at_s, detail: events.append((at_s, detail)))
    for lag_s in lags_s:
        lag.note(0.5 - lag_s, 0.5)
    lag.close()
    return lag, events


@given(st.lists(st.sampled_from([0.0, 0.001, LATE_S, 0.0051, 0.3]), min_size=1, max_size=400))
def test_two_counters_are_a_percentile(lags_s):
    """Late if and only if the 99th percentile (the smallest value that 99 % do not exceed) is above the bound."""
    lag, events = told(lags_s)
    sent = [0.5 - (0.5 - lag_s) for lag_s in lags_s]
    late = float(np.quantile(sent, 0.99, method="inverted_cdf")) > LATE_S
    assert (bool(events), lag.late_windows, lag.windows) == (late, int(late), 1)
    assert lag.max_s == max(0.0, *sent)


def test_a_late_window_says_how_late():
    """The event stands at the end of its window, with how many calls, how many of them late, and the worst."""
    _, events = told([0.0, 0.0, 0.25])
    assert events == [(1.0, {"from_s": 0.0, "calls": 3, "late": 1, "max_s": 0.25})]


def test_windows_follow_each_other():
    """A call in the next second ends the window before; seconds without calls are no windows."""
    events: list[float] = []
    lag = Lag(lambda at_s, detail: events.append(at_s))
    for sent_s in (-1.5, -1.2, 0.2, 7.9):
        lag.note(sent_s - 0.1, sent_s)
    lag.close()
    lag.close()
    assert (events, lag.windows) == ([-1.0, 1.0, 8.0], 3)
