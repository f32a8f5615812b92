"""The third driver: one call in virtual time."""

from __future__ import annotations

import pytest

from sim.policy import Hedge, Once, Outcome, Reply, Retry, Try, Wait, policy_presets
from sim.rehearsal.drive import LONGEST_S, MOST_TRIES, Rehearsed, Sent, rehearse
from sim.rehearsal.scripts import instantly, silent


class Scripted:
    """A policy that yields given steps and keeps what it hears."""

    def __init__(self, *steps):
        self.steps, self.heard = steps, []

    def new_shared(self):
        return None

    def call(self, now_s, draw, shared):
        for step in self.steps:
            reply = yield step
            self.heard.append((reply.at_s, reply.attempt, reply.result if reply.attempt >= 0 else "passed"))
        return Outcome("ok", "ok", len(self.heard))


def middle(_):
    """Draw the middle of every range."""
    return 0.5


def answers(*took_s):
    """Return a server that answers the n-th attempt after that long."""
    return lambda number: Reply(0.0, took_s=took_s[number])


def test_one_attempt_lasts_until_its_answer_or_its_limit():
    """A try that outlasts its own limit has timed out; the server's answer is nobody's."""
    assert rehearse(Once(), answers(2.0), middle).tries == (Sent(0.0, 2.0, "ok"),)
    cut = rehearse(Once(try_timeout=1.0), answers(2.0), middle)
    assert (cut.tries, cut.outcome) == ((Sent(0.0, 1.0, "timeout"),), Outcome("unknown", "timeout", 1))


def test_pauses_lie_between_tries():
    """Two failures a millisecond long each, a second apart."""
    found = rehearse(Retry(attempts=2, backoff=1.0), instantly("refused"), middle)
    assert found == Rehearsed(
        (Sent(0.0, 0.001, "refused"), Sent(1.001, pytest.approx(1.002), "refused")),
        Outcome("failed", "refused", 2),
        pytest.approx(1.002),
    )


def test_whatever_ends_first_is_heard_first():
    """A hedge hears that nothing ended; then the later attempt is first, and then, while waiting, the earlier one."""
    policy = Scripted(Hedge(None, 1.0), Try(None), Wait(10.0), Wait(1.0))
    found = rehearse(policy, answers(5.0, 2.0), middle)
    assert policy.heard == [(1.0, -1, "passed"), (3.0, 1, "ok"), (5.0, 0, "ok"), (6.0, -1, "passed")]
    assert found.ended_s == 6.0


def test_what_is_under_way_at_the_end_is_given_up():
    """The loser of a hedge ends with the call."""
    found = rehearse(Scripted(Hedge(None, 1.0), Try(None)), answers(50.0, 2.0), middle)
    assert found.tries == (Sent(0.0, 3.0, "cancelled"), Sent(1.0, 3.0, "ok"))


def test_an_endless_call_is_left():
    """After so many tries, or after a day, there is no outcome."""
    often = rehearse(Retry(attempts="unlimited", backoff=1.0), instantly("reset"), middle)
    assert (len(often.tries), often.outcome) == (MOST_TRIES, None)
    long = rehearse(Retry(attempts=3, backoff=2 * LONGEST_S), instantly("reset"), middle)
    assert (len(long.tries), long.outcome) == (1, None)


@pytest.mark.parametrize("name", policy_presets())
@pytest.mark.parametrize("script", [instantly("status 503"), silent()], ids=["503", "silent"])
def test_every_preset_can_be_rehearsed(name, script):
    """Tries follow each other in time, none ends before it began, and the same draws give the same call."""
    policy = policy_presets()[name]
    found = rehearse(policy, script, middle)
    assert found == rehearse(policy, script, middle)
    begins = [sent.begin_s for sent in found.tries]
    assert begins == sorted(begins)
    assert all(sent.begin_s <= sent.end_s <= max(found.ended_s, sent.end_s) for sent in found.tries)
    assert found.outcome is not None or len(found.tries) == MOST_TRIES or found.ended_s > LONGEST_S
