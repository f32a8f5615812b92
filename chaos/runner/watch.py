"""What ends a run early: looked at several times a second, whatever the faults are doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from chaos.binding import StopWhen
from chaos.probes import Reading
from chaos.runner.lease import Lease
from chaos.runner.stopping import Stop

__all__ = ["EVERY_S", "Watch"]

EVERY_S = 0.2


class Watched(Protocol):
    """The probes, as the watch asks them."""

    def readings(self) -> dict[str, Reading]:
        """Return the last reading of each."""

    def broken_for(self, name: str) -> float:
        """Return for how many seconds a probe has been broken without a break."""

    def unknown_for(self, name: str) -> float:
        """Return for how many seconds a probe has had no reading."""


class Watch:
    """Looks at the lease, the API server and the probes.

    `api_away_for()`: seconds since the API server answered; `budgets()`: what share of each error budget is spent.
    """

    def __init__(
        self,
        when: StopWhen,
        stop: Stop,
        lease: Lease,
        probes: Watched,
        api_away_for: Callable[[], float],
        *,
        budgets: Callable[[], dict[str, float]],
        api_is_meant_to_be_away: Callable[[], bool],
    ) -> None:
        self._budgets = budgets
        self._when, self._stop, self._lease, self._probes = when, stop, lease, probes
        self._api_away_for, self._meant = api_away_for, api_is_meant_to_be_away

    def look(self) -> None:
        """Stop the run if there is a reason."""
        if self._lease.lost:
            self._stop.now("aborted", self._lease.lost)
        away_s = self._api_away_for()
        if away_s > self._when.api_silent_for and not self._meant():
            self._stop.now("aborted", f"the API server has not answered for {away_s:.0f} s, and no fault takes it")
        for name in self._probes.readings():
            self._look_at(name)
        self._look_at_budgets()

    def _look_at_budgets(self) -> None:
        most = self._when.budget_spent
        for name, spent in self._budgets().items():
            if most is not None and spent > most:
                self._stop.now(
                    "broken", f"objective {name}: {spent:.0%} of the run's error budget is spent ({most:.0%})"
                )

    def _look_at(self, name: str) -> None:
        broken_s, unknown_s = self._probes.broken_for(name), self._probes.unknown_for(name)
        if self._when.broken_for is not None and broken_s > self._when.broken_for:
            allowed_s = self._when.broken_for
            self._stop.now(
                "broken", f"steady state: {name} has been broken for {broken_s:.1f} s (allowed {allowed_s:g})"
            )
        if self._when.unknown_for is not None and unknown_s > self._when.unknown_for and not self._meant():
            self._stop.now("aborted", f"steady state: {name} has had no reading for {unknown_s:.0f} s")
