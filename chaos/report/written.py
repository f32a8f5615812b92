"""The files of a report, beside the journal that they are made from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chaos.report.judged import Judged
from chaos.report.junit import junit_xml
from chaos.report.markdown import markdown
from sim.record.directory import write_whole

__all__ = ["FILES", "write_report"]

FILES: dict[str, Callable[[Judged], str]] = {
    "junit.xml": junit_xml,
    "summary.md": markdown,
    "summary.json": lambda report: report.story.result.summary.to_json() + "\n",
}
"""By name: what makes it. `summary.json`: the summary rows, as `--json` prints them."""


def write_report(report: Judged, folder: Path | None = None) -> tuple[Path, ...]:
    """Write every file, whole or not at all, into the run's directory or another one; return their paths."""
    folder = folder or report.story.folder
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / name for name in FILES)
    for path, made in zip(paths, FILES.values(), strict=True):
        write_whole(path, made(report))
    return paths
