"""`weatherglass chaos check|run|undo|rbac`: experiments on a real cluster. One module a command; each is thin."""

from __future__ import annotations

import typer

from chaos.commands.chaos.check import CHECK_HELP, check
from chaos.commands.chaos.rbac import RBAC_HELP, rbac
from chaos.commands.chaos.run import RUN_HELP, run
from chaos.commands.chaos.undo import UNDO_HELP, undo

__all__ = ["CHAOS_HELP", "experiments"]

CHAOS_HELP = "Run a scenario on a real cluster, and undo it."

experiments = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=CHAOS_HELP,
)
experiments.command("check", help=CHECK_HELP)(check)
experiments.command("run", help=RUN_HELP)(run)
experiments.command("undo", help=UNDO_HELP)(undo)
experiments.command("rbac", help=RBAC_HELP)(rbac)
