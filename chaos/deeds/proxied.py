"""What deeds on a proxy share: its state before, and the undo by ever stronger means."""

from __future__ import annotations

from typing import Any

from chaos.binding import Touch
from chaos.deeds.attempts import doing, undoing
from chaos.deeds.base import Deed, Right, TargetGone, UndoFailed
from chaos.deeds.front import PREFIX
from chaos.deeds.hands import Hands
from chaos.deeds.ways import touch_of, way_of, way_rights
from chaos.toxiproxy import ProxyState, ToxiproxyRefused, clear, parse_proxy
from sim.errors import HarnessError

__all__ = ["OnProxy"]

NOT_FOUND = 404


class OnProxy(Deed):
    """A deed on the proxy of one link. `before`: the proxy's whole state, in toxiproxy's own words.

    `namespace`: of the service, where the link is `service/NAME`: its rights are asked for there.
    """

    link: str
    namespace: str = ""
    before: dict[str, Any] | None = None

    def touches(self) -> tuple[Touch, ...]:
        """Touch the link, or the service that is behind a proxy of ours."""
        return (touch_of(self.link),)

    def needs(self) -> tuple[Right, ...]:
        """Need nothing of the cluster where a toxiproxy of the binding stands in the link."""
        return way_rights(self.namespace) if self.link.startswith(PREFIX) else ()

    def prepared(self, hands: Hands) -> OnProxy:
        """Keep the proxy's state."""
        with doing(self):
            way = way_of(hands, self.link)
            try:
                now = way.server.proxy(way.proxy())
            except ToxiproxyRefused as refused:
                if refused.status == NOT_FOUND:
                    raise TargetGone(f"{self.title()}: there is no such proxy: {refused}") from refused
                raise
        return self.model_copy(update={"before": now.to_dict()})

    def ours(self) -> tuple[str, ...]:
        """Return the names of the toxics that the deed adds."""
        return ()

    def lapsed(self, hands: Hands) -> str:
        """Look whether the proxy still has what was done to it: a toxiproxy that was restarted has forgotten it."""
        assert self.before is not None, "it is done before it lapses"
        try:
            now = way_of(hands, self.link).server.proxy(self.before["name"])
        except HarnessError:
            return ""  # who does not answer may still be doing it
        missing = self.missing(now)
        return f"{self.title()}: {missing}: somebody else ended it, or its toxiproxy was restarted" if missing else ""

    def missing(self, now: ProxyState) -> str:
        """Return what of the deed a proxy's state does not show, in words; nothing if it is all there."""
        raise NotImplementedError

    def undo(self, hands: Hands) -> str:
        """Take it back; each means after the other, a restart of the toxiproxy last; read back."""
        if self.before is None:
            return "nothing was done"
        with undoing(self, hands):
            hands.allowed(*self.touches())
            way = way_of(hands, self.link)
            if way.gone():
                return f"{self.link}: its proxy is gone, and all faults with it"
            cleared = clear(way.server, self.before["name"], self.ours(), self.was(hands), way.restart)
            if cleared.left:
                raise UndoFailed(self.title(), "; ".join(cleared.left), self.by_hand(hands))
        return "; ".join(cleared.done) or "nothing was left of it"

    def was(self, hands: Hands) -> ProxyState:
        """Return the state that is put back."""
        assert self.before is not None
        return parse_proxy(self.before)

    def ends_alone(self) -> str:
        """A restart of the toxiproxy ends it."""
        return "by `weatherglass chaos undo`, or when its toxiproxy is restarted"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return the calls of toxiproxy, and the restart that does the same."""
        way = way_of(hands, self.link)
        if self.link.startswith(PREFIX) or self.before is None:
            return (way.restart_line,)
        proxy = f"{way.server.url}/proxies/{self.before['name']}"
        removed = tuple(f"curl -fsS -m 2 -X DELETE {proxy}/toxics/{name}" for name in self.ours())
        enabled = str(self.before["enabled"]).lower()
        put_back = f"curl -fsS -m 2 -X PATCH -d '{{\"enabled\": {enabled}}}' {proxy}"
        return (*removed, put_back, f"{way.restart_line}  # if toxiproxy does not answer: heals all of its links")
