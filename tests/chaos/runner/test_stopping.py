"""The stop: set once, from any thread; everybody who waits is let go."""

from __future__ import annotations

import asyncio
from threading import Thread

import pytest

from chaos.clock import RunClock
from chaos.runner.outcome import Stopped
from chaos.runner.stopping import Stop


def test_the_first_reason_stays():
    """What comes after it is a consequence, and is not told in its place."""

    async def main() -> None:
        stop = Stop(RunClock())
        stop.now("broken", "the steady state")
        stop.now("aborted", "a person")
        assert (stop.outcome, stop.why) == ("broken", "the steady state")

    asyncio.run(main())


def test_who_waits_is_let_go_by_a_stop_from_another_thread():
    """A fault that would last an hour ends at once."""

    async def main() -> None:
        stop = Stop(RunClock())
        thread = Thread(target=stop.now, args=("aborted", "somebody deleted the lease"))
        waiting = asyncio.create_task(stop.until(3600.0))
        await asyncio.sleep(0)
        thread.start()
        with pytest.raises(Stopped):
            await asyncio.wait_for(waiting, 10)
        thread.join()
        with pytest.raises(Stopped):
            await stop.until(-1.0)

    asyncio.run(main())


def test_a_moment_that_has_passed_is_not_waited_for():
    """A late task goes on at once, and does not stop."""

    async def main() -> None:
        await asyncio.wait_for(Stop(RunClock()).until(-5.0), 10)

    asyncio.run(main())


def test_a_second_signal_ends_all_patience():
    """The first one stops the run, the second one ends the waiting for an API server that may come back."""

    async def main() -> None:
        stop = Stop(RunClock())
        stop.signal("SIGINT")
        assert (stop.outcome, stop.is_patient) == ("aborted", True)
        stop.signal("SIGINT")
        assert not stop.is_patient

    asyncio.run(main())


def test_the_end_of_the_plan_is_no_reason():
    """Who waits is let go, and the outcome stays that the run was made."""

    async def main() -> None:
        stop = Stop(RunClock())
        stop.over()
        with pytest.raises(Stopped):
            await stop.until(3600.0)
        assert (stop.outcome, stop.why, stop.is_set) == ("ran", "", False)

    asyncio.run(main())


def test_what_lasts_is_over_with_the_plan():
    """Its own timer may be later than the run's; only a reason to stop keeps it from being looked back on."""

    async def main() -> None:
        stop = Stop(RunClock())
        stop.over()
        await asyncio.wait_for(stop.lasts_until(3600.0), 10)
        stop.now("aborted", "a person")
        for at_s in (3600.0, -1.0):
            with pytest.raises(Stopped):
                await stop.lasts_until(at_s)

    asyncio.run(main())
