"""One toxiproxy server, as everything else here sees it: every call limited, every write read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from chaos.toxiproxy.consumer import Api
from chaos.toxiproxy.errors import BadToxic, ReadBackDiffers, ToxiproxyRefused, ToxiproxySilent
from chaos.toxiproxy.state import ProxyState, ToxicState, differences, parse_proxy, parse_toxic
from chaos.toxiproxy.toxics import NAME_FORM, Toxic

__all__ = ["HANG_LIMIT_S", "Server"]

HANG_LIMIT_S = 1.0  # toxiproxy.md: a server whose API does not hang lists its proxies in about a millisecond
NOT_FOUND = 404


class Server:
    """A server by the URL of its API. It holds no connection and no state: any thread may call it.

    One proxy is reached by its own route only: `GET /proxies` waits for every proxy's lock, and hangs with any of them.
    All calls raise ToxiproxyRefused and ToxiproxySilent; all writes also ReadBackDiffers.
    """

    def __init__(self, api_url: str) -> None:
        self._api = Api(api_url)
        self.url = self._api.url

    def version(self) -> str:
        """Return the server's version; 2.5.0 and older answer in plain text, which is refused."""
        return str(self._api.call("GET", "/version")["version"])

    def hung(self) -> bool:
        """Return whether its API takes the connection and does not answer.

        Not seen by `/version` and by other proxies' routes, which answer even then. Raises ToxiproxySilent if nobody
        is there: that is no hang.
        """
        try:
            self._api.call("GET", "/proxies", limit_s=HANG_LIMIT_S)
        except ToxiproxySilent as silent:
            if not silent.taken:
                raise
            return True
        return False

    def proxy(self, name: str) -> ProxyState:
        """Return a proxy as it is now."""
        return parse_proxy(self._api.call("GET", _route(name)))

    def toxics(self, proxy: str) -> tuple[ToxicState, ...]:
        """Return the toxics of a proxy, in toxiproxy's order."""
        return tuple(parse_toxic(each) for each in self._api.call("GET", f"{_route(proxy)}/toxics"))

    def add(self, proxy: str, toxic: Toxic) -> ToxicState:
        """Add a toxic at the end of its direction's chain, and return it as it was read back. Raises as `add_all`."""
        return self.add_all(proxy, (toxic,))[0]

    def add_all(self, proxy: str, toxics: Sequence[Toxic]) -> tuple[ToxicState, ...]:
        """Add toxics in their order, and return them as they were read back, all by one reading after the last.

        Raises BadToxic, before anything is added, where connections would draw their share anew (`_check_draws`).
        """
        _check_draws(proxy, toxics, self.toxics(proxy))
        for toxic in toxics:
            self._api.call("POST", f"{_route(proxy)}/toxics", toxic.wire())
        found = {each.name: each for each in self.toxics(proxy)}
        for toxic in toxics:
            what = f"add {toxic.name} to {proxy}"
            if toxic.name not in found:
                raise ReadBackDiffers(self.url, what, ("it is not there",))
            self._compare(toxic, found[toxic.name], what)
        return tuple(found[toxic.name] for toxic in toxics)

    def update(self, proxy: str, toxic: Toxic) -> ToxicState:
        """Change a toxic's values and return it as it was read back. Not atomic: after an error it may be half changed.

        Raises BadToxic with a share: an update makes every open connection draw again (measured: 23 of 40 switched).
        """
        if toxic.share < 1:
            raise BadToxic(f"toxic {toxic.name}: a share of {toxic.share:g} can't be updated, it would be drawn again")
        wire = toxic.wire()
        changed = {"attributes": wire["attributes"], "toxicity": wire["toxicity"]}
        self._api.call("PATCH", _route(proxy, toxic.name), changed)
        found = parse_toxic(self._api.call("GET", _route(proxy, toxic.name)))
        self._compare(toxic, found, f"update {toxic.name} of {proxy}")
        return found

    def remove(self, proxy: str, name: str) -> bool:
        """Remove a toxic; return whether it was there. A proxy that is not there has none."""
        there = self._is_there("DELETE", _route(proxy, name))
        if self._is_there("GET", _route(proxy, name)):
            raise ReadBackDiffers(self.url, f"remove {name} of {proxy}", ("it is still there",))
        return there

    def enable(self, proxy: str) -> ProxyState:
        """Let a proxy listen again; connections from before stay closed."""
        return self.patch(proxy, enabled=True)

    def disable(self, proxy: str) -> ProxyState:
        """Take a proxy down: connects are refused, open connections close."""
        return self.patch(proxy, enabled=False)

    def patch(self, proxy: str, **changes: Any) -> ProxyState:
        """Change `enabled`, `listen` or `upstream` of a proxy and return it as it was read back.

        A changed address closes all connections; the same values, or none, leave them alone: so a call without changes
        tries whether this server knows PATCH at all (2.5.0 does not: 405).
        """
        unknown = [key for key in changes if key not in {"enabled", "listen", "upstream"}]
        assert not unknown, f"toxiproxy ignores {unknown}"
        self._api.call("PATCH", _route(proxy), changes)
        found = self.proxy(proxy)
        differ = [f"{k} is {getattr(found, k)!r}, not {v!r}" for k, v in changes.items() if getattr(found, k) != v]
        if differ:
            raise ReadBackDiffers(self.url, f"patch {proxy}", tuple(differ))
        return found

    def create(self, state: ProxyState) -> ProxyState:
        """Make a proxy as it was, without toxics, and return it as it was read back."""
        wanted = ProxyState(_checked(state.name), state.listen, state.upstream, state.enabled)
        self._api.call("POST", "/proxies", {k: v for k, v in wanted.to_dict().items() if k != "toxics"})
        found = self.proxy(state.name)
        if found != wanted:
            raise ReadBackDiffers(self.url, f"create {state.name}", (f"it is {found}",))
        return found

    def delete(self, proxy: str) -> bool:
        """Delete a proxy, with its connections; return whether it was there."""
        return self._is_there("DELETE", _route(proxy))

    def _is_there(self, method: str, path: str) -> bool:
        """Call, and return whether the answer was anything but 404."""
        try:
            self._api.call(method, path)
        except ToxiproxyRefused as refused:
            if refused.status != NOT_FOUND:
                raise
            return False
        return True

    def _compare(self, toxic: Toxic, found: ToxicState, what: str) -> None:
        if differ := differences(toxic, found):
            raise ReadBackDiffers(self.url, what, differ)


def _check_draws(proxy: str, toxics: Sequence[Toxic], there: Sequence[ToxicState]) -> None:
    """Refuse a neighbour to a toxic with a share: open connections draw again when the next in the chain comes.

    Measured: 16 and 20 of 40 connections switched. So one toxic per direction while a share is below 1.
    """
    chains: dict[str, list[tuple[str, float]]] = {"upstream": [], "downstream": []}
    for each in there:
        chains[each.stream].append((each.name, each.toxicity))
    for toxic in toxics:
        beside = chains[toxic.stream]
        if beside and (toxic.share < 1 or any(toxicity < 1 for _, toxicity in beside)):
            names = ", ".join(name for name, _ in beside)
            raise BadToxic(
                f"toxic {toxic.name}: {proxy} has {names} {toxic.stream} already; with a share below 1 "
                "connections would draw it anew; accepted: one toxic per direction"
            )
        beside.append((toxic.name, toxic.share))


def _checked(name: str) -> str:
    if not re.fullmatch(NAME_FORM, name):
        raise BadToxic(f"toxiproxy: {name!r} is no name; accepted: {NAME_FORM.strip('^$')}")
    return name


def _route(proxy: str, toxic: str | None = None) -> str:
    """Return the path of a proxy or a toxic. Names are checked and not quoted: toxiproxy does not unquote them."""
    of_toxic = "" if toxic is None else f"/toxics/{_checked(toxic)}"
    return f"/proxies/{_checked(proxy)}{of_toxic}"
