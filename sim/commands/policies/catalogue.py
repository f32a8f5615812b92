"""`weatherglass policies list` and `weatherglass policies show NAME`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.commands.output import writable_file

if TYPE_CHECKING:
    from sim.policy import PolicyPreset
    from sim.rehearsal import Schedule

__all__ = ["LIST_HELP", "SHOW_HELP", "list_policies", "show_policy"]

LIST_HELP = """List the policies that are known.

Family by family, each in one line.

\b
Examples:
  weatherglass policies list
  weatherglass policies list --json | jq '.[] | select(.family == "aws")'
"""

SHOW_HELP = """Show one policy and a picture of its retries.

What it does in words, where its numbers come from, and when it makes its attempts.

The picture is of one call of a fresh client: at a server where every attempt fails at once, so that only the pauses are
seen; and at one that is silent, where timeouts matter. Its numbers come from driving the policy itself, 1,000 times.

\b
Examples:
  weatherglass policies show aws-standard
  weatherglass policies show go-retryablehttp --plot schedule.svg
  weatherglass policies show envoy --json
"""

_PICTURES = (".png", ".svg", ".pdf")


def list_policies(
    as_json: Annotated[bool, typer.Option("--json", help="For machines: one object a policy, as a list.")] = False,
) -> None:
    """List the presets. `LIST_HELP` is what people read."""
    from sim.policy import policy_preset, policy_preset_names

    presets = [policy_preset(name) for name in policy_preset_names()]
    if as_json:
        typer.echo(json.dumps([_plain(preset) for preset in presets], indent=1))
        return
    from sim.commands.policies.shown import list_lines

    columns = get_terminal_size().columns if sys.stdout.isatty() else None
    for line in list_lines(presets, columns):
        typer.echo(line)


def show_policy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `policies list` has it.")],
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the schedule into this .png, .svg or .pdf.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is known as JSON and nothing else.")] = False,
) -> None:
    """Show a preset and its schedule. `SHOW_HELP` is what people read."""
    from sim.errors import UsageError
    from sim.policy import policy_preset
    from sim.presets import preset_bodies
    from sim.suite.policies import unknown_policy

    if name not in preset_bodies("policies"):
        raise UsageError(f"policies: {unknown_policy(name)}")
    if plot is not None and plot.suffix not in _PICTURES:
        raise UsageError(f"--plot: '{plot}' ends with '{plot.suffix}'; accepted: {', '.join(_PICTURES)}")
    writable_file("--plot", plot)
    preset = policy_preset(name)
    schedules = _schedules(preset)
    if as_json:
        typer.echo(json.dumps(_plain(preset) | _measured(preset, schedules), indent=1))
    else:
        from sim.analysis.tables import result_console
        from sim.commands.policies.shown import show_parts

        console = result_console()
        for part in show_parts(preset, schedules):
            console.print(part)
    if plot is not None:
        from sim.rehearsal.figure import schedule_figure

        schedule_figure(preset.name, schedules).savefig(plot)
        typer.echo(f"picture: {plot}", err=True)


def _plain(preset: PolicyPreset) -> dict[str, Any]:
    from sim.policy import describe

    return {
        "name": preset.name,
        "also": list(preset.also),
        "family": preset.family,
        "does": describe(preset.policy),
        "why": preset.why,
        "source": " ".join(preset.source.split()),
    }


def _schedules(preset: PolicyPreset) -> dict[str, Schedule]:
    """Return the schedules to show, by the server: one that fails at once, one that is silent."""
    from sim.quantities import show_duration
    from sim.rehearsal import SILENT_S, instantly, schedule_of, silent, tries_by_failure

    tries = tries_by_failure(preset.policy)
    failure = max(tries, key=lambda name: tries[name])  # of equals the first: status 503
    return {
        f"every attempt fails at once ({failure})": schedule_of(preset.policy, instantly(failure)),
        f"a silent server (a try without a limit ends after {show_duration(SILENT_S)})": schedule_of(
            preset.policy, silent()
        ),
    }


def _measured(preset: PolicyPreset, schedules: dict[str, Schedule]) -> dict[str, Any]:
    from dataclasses import asdict

    from sim.rehearsal import tries_by_failure

    told = {server: _named(asdict(schedule), schedule) for server, schedule in schedules.items()}
    return {"tries_by_failure": tries_by_failure(preset.policy), "schedules": told}


def _named(row: dict[str, Any], schedule: Schedule) -> dict[str, Any]:
    tries = [
        {
            "number": planned.number,
            "begins": planned.begins._asdict(),
            "pause": None if planned.pause is None else planned.pause._asdict(),
            "lasts": planned.lasts._asdict(),
            "calls": planned.calls,
        }
        for planned in schedule.tries
    ]
    return row | {"tries": tries, "ends": schedule.ends._asdict()}
