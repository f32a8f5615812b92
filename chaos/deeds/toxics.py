"""Toxics are added to the proxy of one link."""

from __future__ import annotations

from typing import Any, Literal

from chaos.deeds.attempts import doing
from chaos.deeds.base import GuardianOrder
from chaos.deeds.hands import Hands
from chaos.deeds.proxied import OnProxy
from chaos.deeds.ways import way_of
from chaos.guard import Remove
from chaos.toxiproxy import ProxyState, Toxic

__all__ = ["AddToxics"]


class AddToxics(OnProxy):
    """Add toxics, in their order. Their names carry the run, so that undo takes only ours."""

    deed: Literal["add_toxics"] = "add_toxics"
    toxics: tuple[Toxic, ...]

    def title(self) -> str:
        """Say which toxics come onto which link."""
        said = ", ".join(f"{toxic.effect.TYPE} {toxic.stream}" for toxic in self.toxics)
        return f"{said} on link {self.link}"

    def ours(self) -> tuple[str, ...]:
        """Return the names of the toxics."""
        return tuple(toxic.name for toxic in self.toxics)

    def do(self, hands: Hands) -> dict[str, Any]:
        """Add them, and read all of them back."""
        assert self.before is not None, "it is prepared before it is done"
        with doing(self):
            hands.allowed(*self.touches())
            way_of(hands, self.link).server.add_all(self.before["name"], self.toxics)
        return {"proxy": self.before["name"], "toxics": [dict(toxic.wire()) for toxic in self.toxics]}

    def missing(self, now: ProxyState) -> str:
        """Name the toxics that are not there."""
        gone = [name for name in self.ours() if name not in now.toxic_names]
        return f"{now.name} has no toxic {', '.join(gone)} any more" if gone else ""

    def guardian(self, hands: Hands) -> GuardianOrder | None:
        """Have the guardian beside the toxiproxy remove them."""
        url = way_of(hands, self.link).guardian
        if url is None or self.before is None:
            return None
        return GuardianOrder(url, tuple(Remove(self.before["name"], name) for name in self.ours()))
