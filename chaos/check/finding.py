"""What a check finds: a refusal stops the run, a remark is only said. All of them are told at once."""

from __future__ import annotations

from typing import NamedTuple

from sim.errors import HarnessError

__all__ = ["Refusal", "Refused", "Remark"]


class Refusal(NamedTuple):
    """A reason not to run. `where`: the place in the scenario or the binding; then what a check looked for there."""

    where: str
    sought: str
    found: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sought}: {self.found}; accepted: {self.accepted}"


class Remark(NamedTuple):
    """Something to know before a run: it is no reason not to make it."""

    where: str
    said: str

    def __str__(self) -> str:
        return f"{self.where}: {self.said}"


class Refused(HarnessError):
    """The experiment must not be run as it is. Nothing was touched. Carries every refusal, not only the first."""

    exit_code = 2

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(refusals)
        self.refusals = refusals

    def __str__(self) -> str:
        return "\n".join(map(str, self.refusals))
