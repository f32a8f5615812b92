"""`weatherglass chaos check SCENARIO --binding FILE`."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Annotated

import typer

from chaos.commands.chaos.options import LAB, BindingName, LabName, OptionName, ScenarioName, Seed, opened

__all__ = ["CHECK_HELP", "check"]

CHECK_HELP = """Print the whole plan of an experiment, and everything that speaks against it. Touches nothing.

What would be done and by which mechanism, to which objects (by name and UID), how many nodes and replicas remain, how
each fault ends if this machine dies, which permissions are missing, how long it takes at worst. Exit code 0: it may be
run, 2: it may not (every reason is told), 3: the API server does not answer.

\b
Examples:
  weatherglass chaos check node-lost --binding lab-node-lost --option fast-timings
  weatherglass chaos check two-clients-one-flap --binding lab-two-clients --json | jq .refusals
"""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else.")]


def check(
    scenario: ScenarioName,
    binding: BindingName,
    option: OptionName = None,
    seed: Seed = None,
    lab: LabName = LAB,
    as_json: AsJson = False,
) -> None:
    """Print the plan and what speaks against it. `CHECK_HELP` is what people read."""
    file, plan = opened(scenario, binding, lab, option, seed)

    from chaos.check import examine
    from chaos.check.words import run_line
    from chaos.deeds import Hands
    from chaos.faults import means

    with closing(Hands(file.binding)) as hands:
        checked = examine(scenario, file, plan, hands, means)
    run = run_line(checked.experiment, binding, "" if lab == LAB else lab)
    if as_json:
        from chaos.check.told import told

        typer.echo(json.dumps(told(checked, run), indent=1))
    else:
        from chaos.check.shown import WIDEST, print_checked
        from sim.analysis.tables import result_console

        print_checked(checked, result_console(widest=WIDEST), run)
    if checked.refusals:
        raise typer.Exit(2)
