from __future__ import annotations

import time
from typing import Any

from real_toxiproxy import until

from chaos.guard import Guardian, GuardianError, GuardianSilent, Remove, Renewer


class Counted(Guardian):
    """A guardian that counts its renewals, and fails where told."""

    def __init__(self, fails: bool = False, takes_s: float = 0.0, fails_once_in: int = 1) -> None:
        super().__init__("http://127.0.0.1:1")
        self.count, self.fails, self.takes_s, self.once_in = 0, fails, takes_s, fails_once_in

    def renew(self, run: str) -> Any:
        """Count."""
        time.sleep(self.takes_s)
        self.count += 1
        if self.fails and self.count % self.once_in == 0:
            raise GuardianSilent(self.url, f"renew {run}", "no answer")


def test_a_real_run_lives_as_long_as_it_is_renewed(guardian):
    """A deadline of 3 s is kept for longer, and passes when it stops."""
    guardian.client.arm("run", 3.0, [Remove("link", "ours")])
    failures: list[GuardianError] = []
    renewer = Renewer([guardian.client], "run", 3.0, lambda _, error: failures.append(error))
    renewer.start()
    time.sleep(4)
    assert (guardian.client.state().phase, failures) == ("armed", [])
    renewer.stop()
    guardian.becomes("undone")


def test_the_first_failure_is_told_and_no_other():
    """Two guardians fail again and again: one word, and the good one is renewed all the same."""
    told: list[tuple[Guardian, GuardianError]] = []
    bad, worse, good = Counted(fails=True), Counted(fails=True), Counted()
    renewer = Renewer([bad, worse, good], "run", 0.03, lambda guardian, error: told.append((guardian, error)))
    renewer.start()
    until(lambda: min(bad.count, worse.count, good.count) > 3, "all are renewed")
    renewer.stop()
    assert len(told) == 1
    assert str(told[0][1]) == "guardian http://127.0.0.1:1: renew run: no answer"


def test_a_renewal_that_is_lost_now_and_then_is_no_news():
    """The next one comes in time; a machine that is busy for a second ends no experiment."""
    told: list[GuardianError] = []
    counted = Counted(fails=True, fails_once_in=2)
    renewer = Renewer([counted], "run", 0.03, lambda _, error: told.append(error))
    renewer.start()
    until(lambda: counted.count > 6, "it is renewed")
    renewer.stop()
    assert told == []


def test_a_slow_guardian_keeps_no_other_waiting():
    """Each has a thread of its own."""
    slow, quick = Counted(takes_s=0.5), Counted()
    renewer = Renewer([slow, quick], "run", 0.03, lambda *_: None)
    renewer.start()
    until(lambda: quick.count > 5 and slow.count < 2, "the quick one is renewed meanwhile", 5)
    renewer.stop()


def test_after_stop_nothing_is_renewed():
    """Who has stopped it may disarm: no late renewal follows."""
    counted = Counted()
    renewer = Renewer([counted], "run", 0.03, lambda *_: None)
    renewer.start()
    until(lambda: counted.count, "it is renewed")
    renewer.stop()
    count = counted.count
    time.sleep(0.1)
    assert counted.count == count
