"""The proxy of one link is taken down: connects are refused at once, open connections close."""

from __future__ import annotations

from typing import Any, Literal

from chaos.deeds.attempts import doing
from chaos.deeds.base import GuardianOrder
from chaos.deeds.hands import Hands
from chaos.deeds.proxied import OnProxy
from chaos.deeds.ways import way_of
from chaos.guard import Enable
from chaos.toxiproxy import ProxyState

__all__ = ["DisableProxy"]


class DisableProxy(OnProxy):
    """Disable the proxy; one that was so before stays so."""

    deed: Literal["disable_proxy"] = "disable_proxy"

    def title(self) -> str:
        """Say which link refuses."""
        return f"refuse connections on link {self.link}"

    def do(self, hands: Hands) -> dict[str, Any]:
        """Disable it, and read it back."""
        assert self.before is not None, "it is prepared before it is done"
        with doing(self):
            hands.allowed(*self.touches())
            way_of(hands, self.link).server.disable(self.before["name"])
        return {"proxy": self.before["name"], "was_enabled": self.before["enabled"]}

    def missing(self, now: ProxyState) -> str:
        """Say that it listens."""
        return f"{now.name} takes connections again" if now.enabled else ""

    def guardian(self, hands: Hands) -> GuardianOrder | None:
        """Have the guardian beside the toxiproxy enable it."""
        url = way_of(hands, self.link).guardian
        if url is None or self.before is None or not self.before["enabled"]:
            return None
        return GuardianOrder(url, (Enable(self.before["name"]),))
