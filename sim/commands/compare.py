"""`weatherglass compare SCENARIO`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.options import AsJson, Form, Plots, Processes, ScenarioName
from sim.commands.output import Format, directory_for, empty_directory, machine_format, print_for_machines
from sim.commands.progress import progress

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison

__all__ = ["COMPARE_HELP", "compare"]

COMPARE_HELP = """Compare the options of a scenario.

Who keeps the objectives, by how much they differ, what broke the rest. Options meet the same faults, arrivals and
draws, so that a difference is the option's. Intervals are at 95 %. Tables go to standard output, progress to standard
error. Exit code 0 when the comparison was made, whatever it says; 2 for bad input; 3 when stopped: Ctrl-C keeps the
replications that are done and shows them.

\b
Examples:
  weatherglass compare k3s-audit
  weatherglass compare k3s-audit --options as-audited,p1 --replications 10 --plots pictures
  weatherglass compare my.yaml --precision call_ok_share=0.1%
  weatherglass compare my.yaml --json | jq '.[] | select(.metric == "recovery_s")'
"""


def compare(  # noqa: PLR0913, PLR0917 (what a command can be told is its parameters)
    scenario: ScenarioName,
    options: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Only these; differences are against the first one.")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many; else as the scenario says.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="METRIC=HALFWIDTH", help="As many as it needs, e.g. call_ok_share=0.1%.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Replication i runs with SEED + i; else the scenario's.")
    ] = None,
    plots: Plots = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep every run's journal in this new directory.")
    ] = None,
    as_json: AsJson = False,
    form: Form = None,
    processes: Processes = None,
) -> None:
    """Make a comparison, print it, draw it. `COMPARE_HELP` is what people read."""
    from sim import study
    from sim.spec.load import load

    if replications is not None and precision is not None:
        raise typer.BadParameter("give --replications or --precision, not both", param_hint="--precision")
    chosen = tuple(name.strip() for name in options.split(",")) if options is not None else None
    machines = machine_format(as_json, form)
    document = load(scenario)
    empty_directory("--out", out)
    directory_for("--plots", plots)
    with progress(f"compare {document.base.name}") as report:
        comparison = study.compare(
            document,
            options=chosen,
            replications=replications,
            precision=precision,
            seed=seed,
            processes=processes,
            out=out,
            progress=report,
        )
    _show(comparison, machines)
    if plots is not None:
        _draw(comparison, plots)
    if comparison.interrupted:
        raise typer.Exit(3)


def _show(comparison: Comparison, form: Format | None) -> None:
    if form is not None:
        print_for_machines(comparison, form)
        return
    from sim.analysis.tables import print_comparison, result_console

    print_comparison(comparison, result_console())


def _draw(comparison: Comparison, directory: Path) -> None:
    from sim.analysis.plots import plot_comparison

    written = plot_comparison(comparison, directory)
    typer.echo("pictures: " + ", ".join(map(str, written)), err=True)
