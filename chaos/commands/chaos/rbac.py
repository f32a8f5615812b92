"""`weatherglass chaos rbac SCENARIO --binding FILE`."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from typing import Annotated

import typer

from chaos.commands.chaos.options import LAB, BindingName, LabName, OptionName, ScenarioName, Seed, opened

__all__ = ["RBAC_HELP", "account", "rbac"]

RBAC_HELP = """Print a manifest of the least rights for one experiment: a service account, roles, bindings.

A role in each namespace, and a cluster role for nodes alone; no wildcard. Nothing is applied.

\b
Examples:
  weatherglass chaos rbac my.yaml --binding staging.yaml | kubectl apply -f -
  weatherglass chaos rbac my.yaml --binding staging.yaml --service-account chaos/runner
"""

ACCOUNT = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)/([a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?)")
Account = Annotated[
    str | None,
    typer.Option("--service-account", metavar="NS/NAME", help="Who gets them; else weatherglass, at home."),
]


def account(given: str | None, home: str) -> tuple[str, str]:
    """Return namespace and name of the service account. Raises UsageError."""
    from sim.errors import UsageError

    if given is None:
        return home, "weatherglass"
    found = ACCOUNT.fullmatch(given)
    if found is None:
        raise UsageError(f"--service-account: {given!r} does not fit; accepted: NAMESPACE/NAME, such as chaos/runner")
    return found[1], found[3]


def rbac(
    scenario: ScenarioName,
    binding: BindingName,
    service_account: Account = None,
    option: OptionName = None,
    seed: Seed = None,
    lab: LabName = LAB,
) -> None:
    """Print the manifest. `RBAC_HELP` is what people read."""
    import yaml

    file, plan = opened(scenario, binding, lab, option, seed)
    who = account(service_account, file.binding.cluster.home)

    from chaos.check.rbac import manifests, required
    from chaos.deeds import Hands
    from chaos.faults import means

    with closing(Hands(file.binding)) as hands:
        made = manifests(who, required(plan, hands, means))
    sys.stdout.write(yaml.safe_dump_all(made, sort_keys=False, width=120))
