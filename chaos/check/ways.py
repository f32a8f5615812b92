"""Where our own load would enter, and whether somebody listens there; what the probes of the binding need."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from chaos.binding import Binding
from chaos.check.finding import Refusal, Remark
from sim.plan import Plan
from sim.spec.wording import listed

__all__ = ["Way", "ways", "ways_closed"]

CONNECT_S = 2.0  # assumption: an entry that a load is sent to answers a SYN within two of its sendings (at 0 and 1 s)
AT_ONCE = 8  # assumption: as `chaos.check.rights`


@dataclass(frozen=True, slots=True)
class Way:
    """How a client of the scenario calls: the URL, the link that it runs through (empty: none), its policy."""

    client: str
    service: str
    url: str
    link: str
    policy: str


def ways(plan: Plan, binding: Binding) -> tuple[tuple[Way, ...], tuple[Refusal, ...]]:
    """Return the way of every client, and those that the binding does not say."""
    found, refused = [], []
    for name, client in plan.scenario.clients.items():
        bound = binding.clients.get(name)
        if bound is None:
            accepted = f"an entry under clients: (it has {listed(binding.clients)})"
            refused.append(Refusal(f"clients.{name}", "where its calls enter", "the binding does not say", accepted))
        else:
            found.append(Way(name, client.to, bound.url, bound.link or "", str(client.policy)))
    return tuple(found), tuple(refused)


def ways_closed(found: tuple[Way, ...], binding: Binding) -> tuple[Refusal | Remark, ...]:
    """Return the entries at which nobody listens, and the probes that cannot be asked."""
    entries = {way.url: f"clients.{way.client}" for way in found}
    if binding.prometheus is not None:
        entries[binding.prometheus.url] = "prometheus"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        refused = list(pool.map(lambda url: _closed(entries[url], url), entries))
    return (*(each for each in refused if each is not None), *_commands(binding))


def _closed(where: str, url: str) -> Refusal | None:
    """Connect, and hang up: no request is sent, nothing is done."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_S).close()
    except OSError as error:
        return Refusal(where, f"somebody who listens at {url}", str(error), "an entry that is reachable from here")
    return None


def _commands(binding: Binding) -> Iterator[Refusal]:
    for name, probe in binding.steady.items():
        if probe.command is not None and shutil.which(probe.command[0]) is None:
            said = f"there is no {probe.command[0]}"
            yield Refusal(f"steady.{name}", "the command of the probe", said, "a program of this machine")
