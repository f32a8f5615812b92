"""The parts of the lab: real programs in pinned versions, taken from this machine, from the cache, or built."""

from __future__ import annotations

from chaos.lab.parts.bring import Parts, ensure
from chaos.lab.parts.report import Lines, Report

__all__ = ["Lines", "Parts", "Report", "ensure"]
