"""`weatherglass simulate SCENARIO`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.options import AsJson, Form, Plots, Processes, ScenarioName
from sim.commands.output import Format, directory_for, empty_directory, machine_format, print_for_machines
from sim.commands.progress import progress

if TYPE_CHECKING:
    from sim.analysis.comparison import Simulation
    from sim.record import Journal
    from sim.spec.load import Document

__all__ = ["SIMULATE_HELP", "simulate"]

SIMULATE_HELP = """Simulate one option of a scenario.

Says what it read and whether the objectives hold. One replication unless told otherwise. --explain tells the story of
one call (CLIENT#NUMBER), pod (pod/NAME) or node (node/NAME) in the run with the first seed. Exit code 0: no objective
was broken, 1: one was, 2: bad input, 3: stopped or could not run.

\b
Examples:
  weatherglass simulate k3s-audit --option p1
  weatherglass simulate k3s-audit --explain node/styx
  weatherglass simulate k3s-audit --explain bootstrapper#120
  weatherglass simulate my.yaml --replications 30 --out runs/first --plots pictures
"""


def simulate(  # noqa: PLR0913, PLR0917 (what a command can be told is its parameters)
    scenario: ScenarioName,
    option: Annotated[str | None, typer.Option(metavar="NAME", help="Which option; else the file's first one.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Of the first replication; else the scenario's.")
    ] = None,
    replications: Annotated[int, typer.Option(min=1, metavar="N", help="How many, each with a seed of its own.")] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the journals in this new directory.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Record every attempt, not only every call.")] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Tell the story of CLIENT#NUMBER, pod/NAME or node/NAME.")
    ] = None,
    plots: Plots = None,
    as_json: AsJson = False,
    form: Form = None,
    processes: Processes = None,
) -> None:
    """Simulate an option, print what it read, tell a story, draw it. `SIMULATE_HELP` is what people read."""
    from sim import study
    from sim.spec.load import load

    if explain is not None:
        _check_subject(explain)
    machines = machine_format(as_json, form)
    document = load(scenario)
    empty_directory("--out", out)
    directory_for("--plots", plots)
    name = option if option is not None else document.options[0]
    with progress(f"simulate {document.base.name} {name}") as report:
        simulation = study.simulate_many(
            document,
            name,
            replications=replications,
            seed=seed,
            processes=processes,
            out=out,
            trace=trace,
            progress=report,
        )
    told = _first_run(document, simulation, explain) if explain is not None or plots is not None else None
    if told is not None and explain is not None:
        _tell(told, explain, to_stderr=machines is not None)
    if explain is None or machines is not None:
        _show(simulation, machines)
    if plots is not None:
        _draw(simulation, plots, told)
    _end(simulation)


def _check_subject(subject: str) -> None:
    """Refuse a subject that nothing could answer before anything is simulated."""
    from sim.analysis.explain import parse_subject

    parse_subject(subject)


def _first_run(document: Document, simulation: Simulation, explain: str | None) -> Journal:
    """Return the journal of the first replication, made once more: the same seed gives the same rows."""
    from sim.run import simulate as run

    name = simulation.result.option
    traced = explain is not None and "#" in explain
    return run(document.option(name), name, simulation.result.seeds[0], trace=traced)


def _tell(journal: Journal, subject: str, *, to_stderr: bool) -> None:
    from sim.analysis.explain import explain

    typer.echo(explain(journal, subject), err=to_stderr)


def _show(simulation: Simulation, form: Format | None) -> None:
    if form is not None:
        print_for_machines(simulation, form)
        return
    from sim.analysis.tables import print_simulation, result_console

    print_simulation(simulation, result_console())


def _draw(simulation: Simulation, directory: Path, journal: Journal | None) -> None:
    from sim.analysis.plots import plot_simulation

    written = plot_simulation(simulation, directory, journal)
    typer.echo("pictures: " + ", ".join(map(str, written)), err=True)


def _end(simulation: Simulation) -> None:
    """End with 3 if it was stopped, 1 if an objective was broken."""
    if simulation.interrupted:
        raise typer.Exit(3)
    broken = [verdict.objective for verdict in simulation.verdicts if verdict.verdict == "broken"]
    if broken:
        typer.echo(f"broken: {', '.join(broken)}", err=True)
        raise typer.Exit(1)
