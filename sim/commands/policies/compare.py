"""`weatherglass policies compare [SCENARIO]`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.options import AsJson, Form, Plots, Processes
from sim.commands.output import Format, directory_for, machine_format, print_for_machines, writable_file
from sim.commands.progress import progress

if TYPE_CHECKING:
    from sim.analysis.survey import Survey

__all__ = ["COMPARE_HELP", "compare_policies"]

COMPARE_HELP = """Compare policies under adversities.

Every policy meets the same calls, faults and draws, so that a difference is the policy's. The adversities: callers of
one service, from steady days to the audited flap (scenarios/adversities). With SCENARIO instead: as it is written, its
clients with each policy in turn. Tables go to standard output, progress to standard error. Exit code 0 when the
comparison was made, whatever it says; 2 for bad input; 3 when stopped: Ctrl-C keeps the replications that are done and
shows them.

\b
Examples:
  weatherglass policies compare
  weatherglass policies compare --policies none,aws-standard,grpc,envoy --service-rate 200/s --load 150/s
  weatherglass policies compare --policies aws-standard,aws-standard+envoy --adversities brown-out --html page.html
  weatherglass policies compare k3s-audit --policies none,aws-standard --client bootstrapper --replications 5
"""


def compare_policies(  # noqa: PLR0913, PLR0917 (what a command can be told is its parameters)
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="A path, - or a shipped name; else the adversities.")
    ] = None,
    policies: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Names, or A+B for A over B; default: five to begin with.")
    ] = None,
    adversities: Annotated[str | None, typer.Option(metavar="A,B,...", help="Only these; default: all.")] = None,
    service_rate: Annotated[
        str | None, typer.Option(metavar="R", help="What the servers can do, calls a second; default 100/s.")
    ] = None,
    load: Annotated[
        str | None, typer.Option(metavar="R", help="What is asked of them, calls a second; default 70 % of it.")
    ] = None,
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of SCENARIO: only this client's policy; default: all clients'.")
    ] = None,
    transport: Annotated[
        str | None, typer.Option(metavar="NAME", help="How the callers connect; default: as the scenarios say.")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many; default: 10, or as SCENARIO says.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Replication i runs with SEED + i; else the scenarios'.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page that needs nothing else.")] = None,
    plots: Plots = None,
    as_json: AsJson = False,
    form: Form = None,
    processes: Processes = None,
) -> None:
    """Make a survey, print it, draw it. `COMPARE_HELP` is what people read."""
    from sim import suite

    machines = machine_format(as_json, form)
    sizes = suite.Sizes(_rate("--service-rate", service_rate), _rate("--load", load))
    writable_file("--html", html)
    directory_for("--plots", plots)
    with progress("policies compare") as report:
        survey = suite.compare_policies(
            scenario,
            _names(policies),
            _names(adversities),
            sizes=sizes,
            client=client,
            transport=transport,
            replications=replications,
            seed=seed,
            processes=processes,
            progress=report,
        )
    _write(survey, html, plots)  # first: who reads only the head of the tables still wants the page
    _show(survey, machines)
    if survey.interrupted:
        raise typer.Exit(3)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def _rate(flag: str, text: str | None) -> float | None:
    """Return calls a second from `200` or `200/s`. Raises UsageError."""
    from sim.errors import UsageError
    from sim.quantities import parse_rate_per_s

    if text is None:
        return None
    try:
        return parse_rate_per_s(float(text) if text.replace(".", "", 1).isdecimal() else text)
    except ValueError as error:
        raise UsageError(f"{flag}: '{text}'; accepted: {error}") from None


def _show(survey: Survey, form: Format | None) -> None:
    if form is not None:
        print_for_machines(survey, form)
        return
    from sim.analysis.tables import print_survey, result_console

    print_survey(survey, result_console())


def _write(survey: Survey, html: Path | None, plots: Path | None) -> None:
    if html is not None:
        from sim.analysis.page import survey_page

        html.write_text(survey_page(survey), encoding="utf-8")
        typer.echo(f"page: {html}", err=True)
    if plots is not None:
        from sim.analysis.plots import plot_survey

        typer.echo("pictures: " + ", ".join(map(str, plot_survey(survey, plots))), err=True)
