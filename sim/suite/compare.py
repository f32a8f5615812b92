"""The survey: every chosen policy under every adversity (or in one scenario), replicated together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.analysis.survey import Compared, Survey
from sim.errors import UsageError
from sim.policy import describe, policy_preset
from sim.presets import preset_bodies
from sim.spec.load import Document, load_text
from sim.spec.source import read
from sim.study import RUNNER, compare_each
from sim.suite.adversities import CALLERS, Sizes, chosen_adversities
from sim.suite.documents import adversity_document, scenario_document
from sim.suite.policies import Chosen, chosen_policies
from sim.tasks import Progress

__all__ = ["compare_policies"]

_AS_WRITTEN = Sizes()


def compare_policies(  # noqa: PLR0913 (what a command can be told is its parameters)
    scenario: Path | str | None = None,
    policies: Sequence[str] | None = None,
    adversities: Sequence[str] | None = None,
    *,
    sizes: Sizes = _AS_WRITTEN,
    client: str | None = None,
    transport: str | None = None,
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
    runner: str = RUNNER,
) -> Survey:
    """Return how policies do under the standard adversities, or in one scenario (then `client`: only of that client).

    `policies`: names of presets or of the scenario's own, `A+B` for A over B (default `POLICIES`). `adversities`:
    default all. `sizes`: of the adversities. `transport`: how the callers connect instead. `replications`, `seed`:
    default those of the scenarios. Every attempt is traced, so that peaks of load are exact. Raises UsageError for
    names that do not exist or do not go together, ScenarioError, RunError if not one replication was whole.
    """
    if scenario is None:
        if client is not None:
            raise UsageError(f"client: '{client}' belongs to a scenario, and none was given; accepted: SCENARIO too")
        chosen = chosen_policies(policies)
        names = chosen_adversities(adversities)
        documents = [adversity_document(name, chosen, sizes, transport) for name in names]
        callers = f"client/{CALLERS}"
    else:
        if adversities is not None or sizes != _AS_WRITTEN:
            raise UsageError(
                "adversities and rates are the suite's own; accepted with a SCENARIO: policies, client, transport"
            )
        documents, callers, chosen = _of_scenario(scenario, policies, client, transport)
    made = compare_each(
        documents,
        replications,
        seed=seed,
        processes=processes,
        progress=progress,
        trace=True,
        runner=runner,
    )
    told = _compared(documents[0], callers, chosen)
    return Survey(made, callers, told, tuple(document.base.name for document in documents))


def _of_scenario(
    scenario: Path | str, policies: Sequence[str] | None, client: str | None, transport: str | None
) -> tuple[list[Document], str, tuple[Chosen, ...]]:
    text = read(scenario)
    document = load_text(text)
    clients = tuple(document.base.clients) if client is None else (client,)
    if not clients:
        raise UsageError(f"{document.file}: has no clients, so nobody has a policy; accepted: a scenario with clients")
    chosen = chosen_policies(policies, document.base.policies)
    callers = f"client/{clients[0]}" if len(clients) == 1 else "cluster"
    return [scenario_document(document, text, clients, chosen, transport)], callers, chosen


def _compared(document: Document, callers: str, chosen: Sequence[Chosen]) -> tuple[Compared, ...]:
    """Return each option with what its policy does in words, and the sources of the presets that it is made of."""
    name = callers.removeprefix("client/") if callers != "cluster" else next(iter(document.base.clients))
    known = preset_bodies("policies")
    found = []
    for policy in chosen:
        scenario = document.option(policy.option)
        words = describe(scenario.policies[scenario.clients[name].policy])
        sources = [" ".join(policy_preset(layer).source.split()) for layer in policy.layers if layer in known]
        found.append(Compared(policy.option, words, "; ".join(dict.fromkeys(sources))))
    return tuple(found)
