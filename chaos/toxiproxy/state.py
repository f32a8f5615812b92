"""What toxiproxy says about a proxy, as frozen values: of toxics that others made, too, whatever their values are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.toxiproxy.toxics import Toxic

__all__ = ["ProxyState", "ToxicState", "differences", "parse_proxy", "parse_toxic"]


@dataclass(frozen=True, slots=True)
class ToxicState:
    """A toxic as it was read. `attributes`: sorted by name, in toxiproxy's own units."""

    name: str
    type: str
    stream: str
    toxicity: float
    attributes: tuple[tuple[str, int | float], ...]


@dataclass(frozen=True, slots=True)
class ProxyState:
    """A proxy as it was read; its toxics in toxiproxy's order (those of the upstream direction first)."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[ToxicState, ...] = ()

    @property
    def toxic_names(self) -> tuple[str, ...]:
        """Return the names of its toxics."""
        return tuple(toxic.name for toxic in self.toxics)

    def without(self, names: tuple[str, ...]) -> ProxyState:
        """Return the same proxy without toxics of these names."""
        kept = tuple(toxic for toxic in self.toxics if toxic.name not in names)
        return ProxyState(self.name, self.listen, self.upstream, self.enabled, kept)

    def to_dict(self) -> dict[str, Any]:
        """Return it as a ledger keeps it, in toxiproxy's own words; `parse_proxy` reads it again."""
        toxics = [
            {
                "name": t.name,
                "type": t.type,
                "stream": t.stream,
                "toxicity": t.toxicity,
                "attributes": dict(t.attributes),
            }
            for t in self.toxics
        ]
        told = {"name": self.name, "listen": self.listen, "upstream": self.upstream, "enabled": self.enabled}
        return {**told, "toxics": toxics}


def parse_toxic(data: Mapping[str, Any]) -> ToxicState:
    """Return a toxic from toxiproxy's JSON; unknown keys are ignored. Raises KeyError, TypeError for something else."""
    attributes = tuple(sorted((data["attributes"] or {}).items()))
    return ToxicState(data["name"], data["type"], data["stream"], float(data["toxicity"]), attributes)


def parse_proxy(data: Mapping[str, Any]) -> ProxyState:
    """Return a proxy from toxiproxy's JSON; unknown keys (`Logger`) are ignored. Raises KeyError, TypeError."""
    toxics = tuple(parse_toxic(toxic) for toxic in data["toxics"])
    return ProxyState(data["name"], data["listen"], data["upstream"], bool(data["enabled"]), toxics)


def differences(wanted: Toxic, found: ToxicState) -> tuple[str, ...]:
    """Return every field in which a toxic that was read differs from the one that was written, in words."""
    wire = dict(wanted.wire())
    asked = {**wire.pop("attributes"), **wire}
    told: dict[str, Any] = {**dict(found.attributes), "name": found.name, "type": found.type}
    told |= {"stream": found.stream, "toxicity": found.toxicity}
    return tuple(
        f"{key} is {told.get(key)!r}, not {asked.get(key)!r}"
        for key in sorted({**asked, **told})
        if told.get(key) != asked.get(key)
    )
