"""A scenario with policies as its options: the language's own patches, written by a program instead of by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from sim.errors import UsageError
from sim.presets import transport_presets
from sim.spec.load import Document, load_text
from sim.spec.source import Source, read
from sim.spec.wording import unknown
from sim.spec.yaml_core import parse
from sim.suite.adversities import CALLERS, FOLDER, Sizes, scaled
from sim.suite.policies import Chosen

__all__ = ["adversity_document", "scenario_document"]


def adversity_document(name: str, policies: Sequence[Chosen], sizes: Sizes, transport: str | None) -> Document:
    """Return an adversity whose options are the policies. Raises UsageError for a transport that nobody knows."""
    text = read(f"{FOLDER}/{name}")
    data = scaled(name, dict(parse(text.text, text.file).data), sizes)
    return _with_policies(text, data, (CALLERS,), policies, transport)


def scenario_document(
    document: Document, text: Source, clients: Sequence[str], policies: Sequence[Chosen], transport: str | None
) -> Document:
    """Return a scenario as written, without its own options, whose options are the policies of these clients.

    `document`: the scenario as it was loaded, so that what is wrong with it has been said with its own lines.
    """
    for client in clients:
        if client not in document.base.clients:
            raise UsageError(f"client: {unknown(client, 'client', document.base.clients)}")
    return _with_policies(text, dict(parse(text.text, text.file).data), clients, policies, transport)


def _with_policies(
    text: Source, data: dict[str, Any], clients: Sequence[str], policies: Sequence[Chosen], transport: str | None
) -> Document:
    if transport is not None:
        known = (*data.get("transports", {}), *transport_presets())
        if transport not in known:
            raise UsageError(f"transport: {unknown(transport, 'transport', known)}")
        changed = {name: {**data["clients"][name], "transport": transport} for name in clients}
        data = {**data, "clients": {**data["clients"], **changed}}
    options = {policy.option: _option(policy, data["clients"], clients) for policy in policies}
    whole = yaml.safe_dump({**data, "options": options}, sort_keys=False)
    return load_text(Source(f"{text.file} (with policies)", whole, text.folder))


def _option(policy: Chosen, written: dict[str, Any], clients: Sequence[str]) -> dict[str, Any]:
    body = policy.body()
    name = policy.option if body is not None else policy.layers[0]
    there: dict[str, Any] = {f"clients.{client}.policy": name for client in clients if "policy" in written[client]}
    new: dict[str, Any] = {f"clients.{client}.policy": name for client in clients if "policy" not in written[client]}
    if body is not None:
        new[f"policies.{name}"] = body
    return {"set": there, "add": new}
