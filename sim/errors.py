"""Everything that can go wrong, by whose fault it is.

An error is for what a caller, a file or a cluster can cause; `assert` is for what only our own bug can.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HarnessError", "Problem", "RunError", "ScenarioError", "SelfCheckFailed", "UsageError"]


class HarnessError(Exception):
    """The root of all errors that this project raises on purpose."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file: where, what was given, what is accepted."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class ScenarioError(HarnessError):
    """A scenario cannot be used. Carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)  # args stay whole: pools and simpy rebuild an error as type(e)(*e.args)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(HarnessError):
    """A command or function was given something that does not exist or does not fit."""

    exit_code = 2


class RunError(HarnessError):
    """A run could not be made or finished."""


class SelfCheckFailed(RunError):
    """A finished run contradicts itself (calls lost, Little's law broken): never trust its numbers."""
