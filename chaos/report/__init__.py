"""Reports of real runs, each from the journal's directory alone: JUnit, Markdown, summary rows, a terminal's tables.

The words below are loaded when first used: the runner, which only draws its progress, loads no statistics.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaos.report.drawn import asked_of
    from chaos.report.judged import EXIT_CODES, Judged, report_of
    from chaos.report.terminal import print_report
    from chaos.report.written import write_report

__all__ = ["EXIT_CODES", "Judged", "asked_of", "print_report", "report_of", "write_report"]

_HOMES = {
    "EXIT_CODES": "judged",
    "Judged": "judged",
    "asked_of": "drawn",
    "print_report": "terminal",
    "report_of": "judged",
    "write_report": "written",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
