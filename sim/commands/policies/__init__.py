"""`weatherglass policies list | show | compare`: what clients do when a call fails, seen and compared."""

from __future__ import annotations

import typer

from sim.commands.policies.catalogue import LIST_HELP, SHOW_HELP, list_policies, show_policy
from sim.commands.policies.compare import COMPARE_HELP, compare_policies

__all__ = ["POLICIES_HELP", "policies"]

POLICIES_HELP = """List, show and compare retry policies.

What clients do when a call fails: as well-known libraries have it, each with its source.

\b
Examples:
  weatherglass policies list
  weatherglass policies show aws-standard
  weatherglass policies compare
  weatherglass policies compare --policies none,aws-standard,grpc --adversities brown-out,metastable-trigger
"""

policies = typer.Typer(rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
policies.command("list", help=LIST_HELP)(list_policies)
policies.command("show", help=SHOW_HELP)(show_policy)
policies.command("compare", help=COMPARE_HELP)(compare_policies)
