"""What can go wrong with the lab, by what its user can do about it."""

from __future__ import annotations

from sim.errors import HarnessError

__all__ = ["LabError", "NoSuchLab", "PartMissing"]


class LabError(HarnessError):
    """The lab cannot be made, changed or taken down; the text says what is in the way and what removes it."""

    exit_code = 3


class NoSuchLab(LabError):
    """Somebody named a lab that is not there, or not whole; the text names those that are."""

    exit_code = 2


class PartMissing(LabError):
    """This machine lacks a program or a library; the text names it and the command that brings it."""
