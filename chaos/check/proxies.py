"""Whether the toxiproxies that faults would use are fit for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from chaos.binding import Binding, Toxiproxy
from chaos.check.finding import Refusal, Remark
from chaos.toxiproxy import Server, ToxiproxyError, objections, too_old

__all__ = ["proxies"]

AT_ONCE = 8  # assumption: as `chaos.check.rights`; each call is limited to 3 s by the adapter
WORDS = "a toxiproxy that answers (its pod or process is up, and its API is reachable from here)"

Found = Refusal | Remark


def proxies(binding: Binding, links: Iterable[str]) -> tuple[Found, ...]:
    """Return what speaks against injecting into these links, and what a run could not do there."""
    used: dict[str, list[str]] = {}
    for link in links:
        if (proxied := binding.links.get(link)) is not None:
            used.setdefault(proxied.toxiproxy, []).append(proxied.proxy)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda name: tuple(_proxies(binding, name, used[name])), used)
        return tuple(each for some in found for each in some)


def _proxies(binding: Binding, name: str, names: list[str]) -> Iterator[Found]:
    toxiproxy, where = binding.toxiproxies[name], f"toxiproxies.{name}"
    yield from _server(where, toxiproxy, names, binding.limits.foreign_toxics)
    if toxiproxy.restart is None:
        yield Remark(where, "has no restart command: if its API hangs, nobody here can heal it")
    if toxiproxy.guardian is None:
        yield Remark(where, "has no guardian: if this machine dies, its faults stay until weatherglass chaos undo")


def _server(where: str, toxiproxy: Toxiproxy, names: list[str], foreign: bool) -> Iterator[Found]:
    server, own = Server(toxiproxy.api), urlsplit(toxiproxy.api).hostname or ""
    try:
        old = too_old(server.version())
        if old is not None:
            yield Refusal(where, f"the version of {toxiproxy.api}", old, "2.6 or newer")
            return
        if server.hung():
            yield Refusal(where, f"an answer of {toxiproxy.api}", "its API hangs", "one that was started again")
            return
        for name in dict.fromkeys(names):
            for said in objections(server.proxy(name), own_addresses=(own,), foreign=foreign):
                yield Refusal(
                    where, f"proxy {name}", said, "a healthy proxy, or limits.foreign_toxics: true for toxics"
                )
    except ToxiproxyError as error:
        yield Refusal(where, f"an answer of {toxiproxy.api}", str(error), WORDS)
