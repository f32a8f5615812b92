"""`weatherglass chaos run SCENARIO --binding FILE`."""

from __future__ import annotations

import getpass
import platform
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.clock import started_text
from chaos.commands.chaos.options import LAB, BindingName, LabName, OptionName, ScenarioName, Seed, opened

if TYPE_CHECKING:
    from chaos.check import Checked, Experiment
    from chaos.deeds import Hands
    from chaos.ledger import Header
    from chaos.report import Judged
    from chaos.runner import Ended
    from chaos.runner.run import Order

__all__ = ["RUN_HELP", "run"]

NAME_MAX = 38  # a run's name is a label's value: 63 letters, of which instant and random part take 25

RUN_HELP = """Run a scenario on a real cluster: its clients, its faults, its steady state; and put everything back.

The plan is printed first, and a person is asked; `--yes` answers for a machine. Nothing is injected unless the steady
state holds. One Ctrl-C stops, undoes and ends with 3; a second one ends all waiting, and still undoes. Others stop a
run by deleting its lease; the line is shown at the start.

Exit code 0: all objectives held, 1: an objective or the steady state was broken, 2: it may not be run, 3: it was not
run or stopped, and everything is undone, 4: something could not be undone, and the text says what.

\b
Examples:
  weatherglass chaos run node-lost --binding lab-node-lost --option fast-timings
  weatherglass chaos run two-clients-one-flap --binding lab-two-clients --yes --junit junit.xml --markdown summary.md
"""

RUNS = "weatherglass-runs"

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="The same as `chaos check`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print summary rows as JSON on standard output, nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help=f"The run's folder; else one in {RUNS}/.")]
JUnit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write the JUnit XML there.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Also write the summary there.")]
Trace = Annotated[bool, typer.Option("--trace", help="Write down every attempt of every call.")]


def run(  # noqa: PLR0913, PLR0917 (what a command can be told is its parameters)
    scenario: ScenarioName,
    binding: BindingName,
    option: OptionName = None,
    seed: Seed = None,
    lab: LabName = LAB,
    out: Out = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    trace: Trace = False,
    junit: JUnit = None,
    markdown: Markdown = None,
) -> None:
    """Check, ask, run, report. `RUN_HELP` is what people read."""
    if dry_run:
        from chaos.commands.chaos.check import check

        check(scenario, binding, option, seed, lab, as_json)
        return
    file, plan = opened(scenario, binding, lab, option, seed)

    from chaos.check import examine
    from chaos.check.words import run_line
    from chaos.deeds import Hands
    from chaos.faults import means
    from chaos.runner.run import Order
    from sim.commands.output import empty_directory, writable_file

    hands = Hands(file.binding)
    checked = examine(scenario, file, plan, hands, means)
    named = "" if lab == LAB else lab
    again = run_line(checked.experiment, binding, named)
    _print_plan(checked, again)
    if checked.refusals:
        if not sys.stderr.isatty():  # a table is for people: whoever searches a log finds each reason on one line
            typer.echo("\n".join(map(str, checked.refusals)), err=True)
        raise typer.Exit(2)
    experiment = checked.experiment
    header = _header(experiment, binding, named, again, hands.kube.server)
    folder = out if out is not None else Path(RUNS) / header.run
    _ask(yes)
    empty_directory("--out", folder)
    writable_file("--junit", junit)
    writable_file("--markdown", markdown)
    versions = _versions(experiment, hands)
    order = Order(plan, hands, folder, header, experiment.guardians, versions, trace)
    _report(_run(order, experiment), junit, markdown, as_json=as_json)


def _print_plan(checked: Checked, line: str) -> None:
    from chaos.check.shown import WIDEST, print_checked
    from sim.analysis.tables import result_console

    print_checked(checked, result_console(sys.stderr, WIDEST), line)


def _ask(yes: bool) -> None:
    from sim.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here, since standard input is no terminal; accepted: --yes")
    if not typer.confirm("Run this experiment?", err=True):
        typer.echo("nothing was done", err=True)
        raise typer.Exit(3)


def _run(order: Order, experiment: Experiment) -> Ended:
    from chaos.check import Refused, changed_since
    from chaos.report.drawn import asked_of
    from chaos.report.live import live
    from chaos.runner import run_experiment

    if changed := changed_since(experiment, order.hands):
        raise Refused(changed)
    asked = asked_of(experiment.scenario.steady, experiment.binding.steady)
    with live(asked) as show:
        return run_experiment(order, show)


def _header(experiment: Experiment, binding: str, lab: str, again: str, server: str) -> Header:
    from chaos.ledger import Header

    plan, started = experiment.plan, started_text()
    moment = re.sub(r"[:+].*|[^0-9T-]", "", started.replace(":", "-"))
    name = plan.scenario.name[:NAME_MAX]
    run = f"{name}-{moment}-{secrets.token_hex(2)}".lower()  # two people may start in one second
    by = f"{getpass.getuser()}@{platform.node()}"
    return Header(run, plan.scenario.name, plan.option, plan.seed, started, binding, by, lab, again, server)


def _versions(experiment: Experiment, hands: Hands) -> dict[str, str]:
    """Return the versions of the API server and of the toxiproxies that faults will use."""
    links = dict.fromkeys(t.name for fault in experiment.faults for t in fault.touches if t.kind == "link")
    found = sorted({hands.toxiproxy(link)[0].version() for link in links if link in experiment.binding.links})
    return {"kubernetes": experiment.version} | ({"toxiproxy": ", ".join(found)} if found else {})


def _report(ended: Ended, junit: Path | None, markdown: Path | None, *, as_json: bool) -> None:
    """Say what is left, write the reports beside the journal, print one, and end with its exit code."""
    from chaos.commands.chaos.undo import say_undone
    from chaos.report import report_of
    from sim.errors import HarnessError

    for undone in ended.left:  # before any file is read or written: the disk may be full
        say_undone(undone)
    try:
        report = report_of(str(ended.folder))
    except (HarnessError, OSError, ValueError) as error:  # the last: a file that was cut
        typer.echo(f"no report can be made: {error}; the run ended as {ended.outcome} {ended.why}".rstrip(), err=True)
        raise typer.Exit(ended.exit_code or 3) from error
    _write(report, junit, markdown)
    _print(report, as_json=as_json)
    typer.echo(f"journal, ledger and reports: {ended.folder}", err=True)
    if code := max(ended.exit_code, report.exit_code):
        raise typer.Exit(code)


def _write(report: Judged, junit: Path | None, markdown: Path | None) -> None:
    from chaos.report import write_report
    from sim.record.directory import write_whole

    try:
        paths = {path.name: path for path in write_report(report)}
        for asked, name in ((junit, "junit.xml"), (markdown, "summary.md")):
            if asked is not None:
                write_whole(asked, paths[name].read_text(encoding="utf-8"))
    except OSError as error:  # a full disk: the verdict is still told
        typer.echo(f"the reports cannot be written: {error}", err=True)


def _print(report: Judged, *, as_json: bool) -> None:
    from chaos.report.terminal import print_report
    from sim.analysis.tables import result_console

    if as_json:
        typer.echo(report.story.result.summary.to_json())
    else:
        print_report(report, result_console())
