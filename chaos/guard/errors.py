"""What can go wrong with a guardian, by what it means for the run."""

from __future__ import annotations

from sim.errors import HarnessError

__all__ = ["DeadlinePassed", "GuardianError", "GuardianHeld", "GuardianRefused", "GuardianSilent"]


class GuardianError(HarnessError):
    """A call of a guardian that did not do what it should."""


class GuardianSilent(GuardianError):
    """No answer within the limit: the deadline may pass, and the faults end without the runner."""

    def __init__(self, url: str, call: str, why: str) -> None:
        super().__init__(url, call, why)
        self.url, self.call, self.why = url, call, why

    def __str__(self) -> str:
        return f"guardian {self.url}: {self.call}: {self.why}"


class GuardianRefused(GuardianError):
    """An answer that says no: its status and its own words."""

    def __init__(self, url: str, call: str, status: int, words: str) -> None:
        super().__init__(url, call, status, words)
        self.url, self.call, self.status, self.words = url, call, status, words

    def __str__(self) -> str:
        return f"guardian {self.url}: {self.call}: status {self.status}: {self.words}"


class GuardianHeld(GuardianRefused):
    """Another run holds this guardian (409); the words say which."""


class DeadlinePassed(GuardianRefused):
    """The run was not renewed in time (410): its faults are taken back, and it can't be armed again."""
