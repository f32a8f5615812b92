"""`weatherglass chaos rbac SCENARIO --binding FILE`."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.commands.chaos.options import LAB, BindingName, LabName, OptionName, ScenarioName, Seed, opened

if TYPE_CHECKING:
    from chaos.check import Refusal
    from chaos.deeds import Hands, Right
    from sim.plan import Plan

__all__ = ["RBAC_HELP", "account", "rbac"]

RBAC_HELP = """Print a manifest of the least rights for one experiment: a service account, roles, bindings.

A role in each namespace; a cluster role only where nodes play a part; no wildcard. Nothing is applied.
It makes no namespace: those that it names must be there, cluster.home too (`check` says if that one is not).

It looks at the cluster to find whom a fault hits, so the binding's kubeconfig has to be one that may read there; for
faults that hit no object of the cluster (noop, a link through a proxy) there need be no cluster yet. Exit code 0:
printed, 2: a fault cannot be done, or its target cannot be read, 3: the API server does not answer.

\b
Examples:
  weatherglass chaos rbac node-lost --binding lab-node-lost
  weatherglass chaos rbac node-lost --binding lab-node-lost --service-account chaos/runner | kubectl apply -f -
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

    from chaos.check.rbac import manifests
    from chaos.deeds import Hands

    with closing(Hands(file.binding)) as hands:
        made = manifests(who, _required(plan, hands))
    sys.stdout.write(yaml.safe_dump_all(made, sort_keys=False, width=120))


def _required(plan: Plan, hands: Hands) -> tuple[Right, ...]:
    from chaos.check import Refused
    from chaos.check.rbac import required
    from chaos.faults import means

    try:
        return required(plan, hands, means)
    except Refused as refused:
        raise Refused(_blindness_once(hands, refused.refusals)) from refused


def _blindness_once(hands: Hands, refusals: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
    """Return the refusals; that there is no cluster to look at is told once, not as a fault's missing target."""
    from chaos.check import Refusal
    from sim.errors import UsageError

    try:
        _ = hands.kube
    except UsageError as error:
        blind = ", ".join(dict.fromkeys(each.where for each in refusals if each.found == str(error)))
        others = tuple(each for each in refusals if each.found != str(error))
        found, _, accepted = str(error).partition("; accepted: ")
        first = Refusal("cluster", f"a cluster to look at, to find whom {blind} hits", found, accepted or "another one")
        return (first, *others) if blind else others
    return refusals
