"""What speaks against using a toxiproxy, said before anything is touched."""

from __future__ import annotations

import ipaddress
import re

from chaos.toxiproxy.state import ProxyState
from chaos.toxiproxy.toxics import NAME_FORM

__all__ = ["OLDEST", "objections", "too_old"]

OLDEST = (2, 6)
"""The oldest server that knows PATCH. Source: Shopify/toxiproxy CHANGELOG 2.6.0; 2.5.0 answers 405 (measured)."""


def too_old(version: str) -> str | None:
    """Return why a version is not enough, None if it is. `git`, of a binary built without one, can't be judged: None.

    There a PATCH has to be tried (`Server.patch` without changes).
    """
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) >= OLDEST:
        return None
    return f"version {version} is too old: it has no PATCH; accepted: {OLDEST[0]}.{OLDEST[1]} or newer"


def objections(state: ProxyState, *, own_addresses: tuple[str, ...] = (), foreign: bool = False) -> tuple[str, ...]:
    """Return what speaks against injecting into a proxy; nothing if it may be used.

    `own_addresses`: of the pod or node that the server is on, where it may listen beside loopback: a proxy that listens
    everywhere is an open relay. `foreign`: toxics of others are allowed.
    """
    host = state.listen.rpartition(":")[0].strip("[]")
    said = []
    if not re.fullmatch(NAME_FORM, state.name):
        said.append(f"{state.name!r} can't be undone by name; accepted: {NAME_FORM.strip('^$')}")
    if host not in own_addresses and not _loopback(host):
        said.append(
            f"{state.name} listens at {state.listen}; accepted: loopback or {', '.join(own_addresses) or 'none'}"
        )
    if state.toxics and not foreign:
        said.append(f"{state.name} has toxics of others: {', '.join(state.toxic_names)}")
    return tuple(said)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
