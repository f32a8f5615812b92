"""Libraries of Go themselves beside the presets of them: a Go program runs them in virtual time (testing/synctest)."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev

import pytest
from scripted import End

from sim.plan.streams import Stream
from sim.policy import policy_preset

pytestmark = [
    pytest.mark.soak,  # fetches and compiles client-go and two SDKs: minutes
    pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go here"),
]

FAILED, CONFLICT, OK = End(0.0, "status", 503), End(0.0, "status", 409), End()
PRESETS = {  # preset: how its tries end
    "cenkalti-backoff": [FAILED],
    "go-retryablehttp": [FAILED],
    "failsafe-go": [FAILED],
    "failsafe-go-http": [FAILED],
    "k8s-default-retry": [CONFLICT],
    "k8s-default-backoff": [CONFLICT],
    "azure-go": [FAILED],
    "gax-go": [*[FAILED] * 7, OK],  # the program counts eight tries of an endless series
}


@pytest.fixture(name="said", scope="module")
def _said():
    """Return the lines of the Go program, as (first word, rest)."""
    folder = Path(__file__).parent / "go"
    command = ["go", "test", "-count=1", "-v", "./..."]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return [tuple(line.split(" ", 1)) for line in run.stdout.splitlines() if " " in line]


def alike(theirs, mine):
    """Return an expectation of the mean of `theirs`: that of `mine`, give or take four standard errors of both."""
    errors = [stdev(sample) ** 2 / len(sample) for sample in (theirs, mine)]
    return pytest.approx(fmean(mine), abs=4 * sum(errors) ** 0.5 + 1e-6)


@pytest.mark.parametrize("preset", PRESETS)
def test_schedules(said, ours, preset):
    """Over 200 calls, the number of tries and each of the first pauses have the same mean."""
    shown = [json.loads(rest) for word, rest in said if word == "SCHEDULE"]
    (theirs,) = [each["starts_s"] for each in shown if each["name"] == preset]
    stream = Stream(4, preset)
    mine = [ours(preset, PRESETS[preset], lambda n, i=i: stream.uniform(i, n)).starts_s for i in range(len(theirs))]
    assert fmean(map(len, theirs)) == alike([*map(len, theirs)], [*map(len, mine)])
    for retry in range(min(map(len, theirs)) - 1):
        gaps = [
            [[after - before for before, after in pairwise(call)][retry] for call in calls] for calls in (theirs, mine)
        ]
        assert fmean(gaps[0]) == alike(*gaps), retry


def test_the_aws_sdk_has_changed(said):
    """Version 1.48.0 makes three attempts, 25 and 50 ms apart on average: `aws-standard`."""
    assert [int(rest) for word, rest in said if word == "ATTEMPTS"] == [policy_preset("aws-standard").policy.attempts]
    delays = [float(rest.split()[1]) for word, rest in said if word == "DELAY"]
    assert delays == pytest.approx([0.025, 0.05], rel=0.03)


def test_gobreaker_lets_the_same_calls_through(said, ours):
    """A thousand calls, good and bad by chance, seconds apart."""
    (theirs,) = [rest for word, rest in said if word == "GOBREAKER"]
    shared, state, now_s = policy_preset("gobreaker").policy.new_shared(), 1, 0.0

    def chance():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 40) / 2**24

    for through in theirs:
        now_s += int(chance() * 10 * 1e9) / 1e9
        end = OK if chance() < 0.4 else FAILED
        assert len(ours("gobreaker", [end], shared=shared, now_s=now_s).starts_s) == int(through)
    assert len(theirs) == 1000
    assert 100 < theirs.count("0") < 900
