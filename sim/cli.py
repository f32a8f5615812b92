"""The command line: a thin list of commands, and one place that turns every ending into words and an exit code.

Codes: 0 done (or all objectives held), 1 an objective was broken, 2 bad input or usage, 3 could not run or was stopped,
4 something could not be undone, 70 a bug of ours. Source: `docs/design.md`; 70 is EX_SOFTWARE of sysexits.h.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import Any

import typer
from typer.main import get_command

from sim import __version__
from sim.commands.compare import COMPARE_HELP, compare
from sim.commands.init import INIT_HELP, init
from sim.commands.policies import POLICIES_HELP, policies
from sim.commands.schema import SCHEMA_HELP, schema
from sim.commands.simulate import SIMULATE_HELP, simulate
from sim.commands.validate import VALIDATE_HELP, validate
from sim.errors import HarnessError

__all__ = ["app", "main"]

BAD_USAGE, COULD_NOT_RUN, OUR_BUG = 2, 3, 70

# What typer raises for bad usage. Newer versions carry their own copy of click, older ones import it.
_UsageTrouble: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

FIRST_STEPS = """\
Weatherglass forecasts what a failure will do to a cluster, and compares what could be done about it.

Try first:
  weatherglass compare k3s-audit       a shipped scenario: one node of three is dead; what does each remedy buy?
  weatherglass policies compare        what retries do under outages, brown-outs, loss and overload
  weatherglass init my.yaml            a small commented scenario to start from
  weatherglass validate my.yaml        every mistake in it, with line and path
  weatherglass --help                  all commands
"""

EPILOG = """\
\b
Examples:
  weatherglass init my.yaml                              then: validate, compare
  weatherglass compare k3s-audit --plots pictures        a shipped scenario, all options
  weatherglass simulate k3s-audit --explain node/styx    one run, told as a story
  weatherglass policies compare                          retry policies under the standard adversities
  weatherglass --version

\b
Exit codes:
   0  done; for simulate and chaos run: all objectives held
   1  simulate, chaos run: an objective was broken
   2  bad input or usage
   3  could not run, or was stopped
   4  chaos run, chaos undo, lab down: something is left; the text says what, and how to remove it
  70  a bug of ours
"""

app = typer.Typer(
    name="weatherglass",
    rich_markup_mode=None,  # typer's rich help alone takes 2.3 times as long as typer's import
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command("init", help=INIT_HELP)(init)
app.command("validate", help=VALIDATE_HELP)(validate)
app.command("simulate", help=SIMULATE_HELP)(simulate)
app.command("compare", help=COMPARE_HELP)(compare)
app.add_typer(policies, name="policies", help=POLICIES_HELP)
app.command("schema", help=SCHEMA_HELP)(schema)


@app.callback(epilog=EPILOG)
def _start() -> None:
    """Forecast what a failure will do to a cluster, and compare what could be done about it."""


def _invoke(arguments: list[str]) -> int:
    # Not left to typer: it loads pydantic (0.29) for the first parameter that it looks at, before it shows anything
    at_once = {(): FIRST_STEPS, ("--version",): f"weatherglass {__version__}\n"}.get(tuple(arguments))
    if at_once is not None:
        typer.echo(at_once, nl=False)
        return 0
    command = get_command(app)
    try:
        with command.make_context("weatherglass", arguments) as context:
            command.invoke(context)
    except typer.Exit as ending:
        return ending.exit_code
    except _UsageTrouble as trouble:
        trouble.show()
        return BAD_USAGE
    return 0


def _take_every_letter() -> None:
    """Let an output that has no `≥` (a pipe on Windows, an ASCII locale) show `?` for it, and not fail."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _let_go_of_output() -> None:
    """Point standard output at nothing, since the interpreter flushes it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; errors are words on standard error, never a traceback.

    `arguments`: without the program's name; None takes those of the process.
    """
    _take_every_letter()
    try:
        code = _invoke(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except HarnessError as error:
        typer.echo(str(error), err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("stopped", err=True)
        return COULD_NOT_RUN
    except BrokenPipeError:  # the reader of our output (`| head`) had enough
        _let_go_of_output()
        return COULD_NOT_RUN
    except OSError as error:  # a full disk, a folder that somebody took away meanwhile
        typer.echo(f"could not go on: {error}", err=True)
        return COULD_NOT_RUN
    except Exception:  # the only place that takes everything: what ends up here is our bug, and we say so
        traceback.print_exc()
        typer.echo("This is a bug of weatherglass. Please report it with the lines above and the scenario.", err=True)
        return OUR_BUG
    return code
