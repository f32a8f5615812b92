"""Taking faults back, by ever stronger means; the last one is to restart the server, which always works.

The order is that of a measured server (Shopify/toxiproxy 2.12.0), whose API can hang for good after a toxic change:
(a) remove each toxic of ours and put back `enabled`, (b) read back, (c) disable, delete and enable that proxy, (d) if
it is still wrong, or any call got no answer, restart. Frozen processes are thawed before all of this, by the caller: a
change may wait for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from chaos.toxiproxy.errors import ToxiproxyError, ToxiproxyRefused, ToxiproxySilent
from chaos.toxiproxy.server import NOT_FOUND, Server
from chaos.toxiproxy.state import ProxyState
from sim.errors import HarnessError

__all__ = ["BACK_LIMIT_S", "Cleared", "clear"]

BACK_LIMIT_S = 10.0  # for a restarted server. Measured: 25 ms; a container takes some seconds (assumption)
GONE_LIMIT_S = 2.0  # for one that is being restarted by somebody else just now; assumption, as above
POLL_S = 0.02


@dataclass(slots=True)
class Cleared:
    """What was done, in words and in order; whether the server was restarted; what is still wrong (nothing: clean).

    `lost`: toxics of others that went with a restart. After one, others on other proxies of the server have gone too.
    """

    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    lost: tuple[str, ...] = ()
    restarted: bool = False

    @property
    def clean(self) -> bool:
        """Return whether nothing is left."""
        return not self.left


def clear(
    server: Server, proxy: str, names: tuple[str, ...], was: ProxyState, restart: Callable[[], None] | None = None
) -> Cleared:
    """Remove our toxics `names` from a proxy and put it back as it `was`. Never raises for what toxiproxy does.

    It takes milliseconds; where the API hangs, at most two calls' limits, the time of `restart` and BACK_LIMIT_S.
    `restart` starts the server anew, in a bounded time, and raises HarnessError if it can't. Toxics of others are left
    alone, unless a restart is needed; a proxy that somebody deleted meanwhile stays deleted.
    """
    cleared = Cleared()
    try:
        _wait_for(server, GONE_LIMIT_S)
        _gently(server, proxy, names, was, cleared)
        if cleared.left:
            _harder(server, proxy, names, was, cleared)
    except ToxiproxyError as error:
        cleared.left = [str(error)]
    if cleared.left:
        _restart(server, names, was, restart, cleared)
    return cleared


def _gently(server: Server, proxy: str, names: tuple[str, ...], was: ProxyState, cleared: Cleared) -> None:
    """Steps (a) and (b). A refusal is read back like everything else; silence goes up: no call may follow it."""
    for name in names:
        _try(cleared, f"removed toxic {name} of {proxy}", lambda name=name: server.remove(proxy, name))  # type: ignore[misc]
    found = _find(server, proxy)
    if found is not None and found.enabled != was.enabled:
        said = f"{proxy}: enabled = {was.enabled}"
        _try(cleared, said, lambda: server.patch(proxy, enabled=was.enabled))
        found = _find(server, proxy)
    cleared.left = _wrong(found, names, was)


def _harder(server: Server, proxy: str, names: tuple[str, ...], was: ProxyState, cleared: Cleared) -> None:
    """Step (c): the same with the proxy down, and its addresses as they were."""
    _try(cleared, f"disabled {proxy}", lambda: server.disable(proxy))
    _gently(server, proxy, names, was, cleared)
    found = _find(server, proxy)
    if found is not None and (found.listen, found.upstream) != (was.listen, was.upstream):
        said = f"{proxy}: listens at {was.listen}, leads to {was.upstream}"
        _try(cleared, said, lambda: server.patch(proxy, listen=was.listen, upstream=was.upstream))
    cleared.left = _wrong(_find(server, proxy), names, was)


def _try(cleared: Cleared, said: str, act: Callable[[], object]) -> None:
    """Do a thing and note it, or what toxiproxy said against it."""
    try:
        did = act()
    except ToxiproxySilent:
        raise
    except ToxiproxyError as error:
        cleared.done.append(str(error))
    else:
        cleared.done.append(said if did is not False else f"{said}: it had gone already")


def _find(server: Server, proxy: str) -> ProxyState | None:
    try:
        return server.proxy(proxy)
    except ToxiproxyRefused as refused:
        if refused.status != NOT_FOUND:
            raise
        return None


def _wrong(found: ProxyState | None, names: tuple[str, ...], was: ProxyState) -> list[str]:
    """Return what is not as it was, in words. What others have changed meanwhile, they may."""
    if found is None:
        return []
    said = [f"toxic {name} of {was.name} is still there" for name in names if name in found.toxic_names]
    for key in ("enabled", "listen", "upstream"):
        now, before = getattr(found, key), getattr(was, key)
        said += [] if now == before else [f"{was.name}: {key} is {now!r}, it was {before!r}"]
    return said


def _restart(
    server: Server, names: tuple[str, ...], was: ProxyState, restart: Callable[[], None] | None, cleared: Cleared
) -> None:
    """Step (d). What is wrong stands in `cleared.left`, and stays there unless the restart cures it."""
    cleared.done += cleared.left
    if restart is None:
        cleared.left.append(f"toxiproxy {server.url} can't be restarted from here: nobody said how")
        return
    try:
        restart()
        _wait_for(server, BACK_LIMIT_S)
        cleared.restarted = True
        cleared.lost = tuple(name for name in was.toxic_names if name not in names)
        cleared.done.append(f"restarted toxiproxy {server.url}: all its toxics are gone, its connections were cut")
        cleared.left = _after_restart(server, names, was, cleared)
    except HarnessError as error:
        cleared.left.append(str(error))


def _after_restart(server: Server, names: tuple[str, ...], was: ProxyState, cleared: Cleared) -> list[str]:
    """Put back what a configuration does not hold: a proxy that was made by hand, or one that was disabled before."""
    found = _find(server, was.name)
    if found is None:
        _try(cleared, f"made proxy {was.name} again", lambda: server.create(was))
    elif found.enabled != was.enabled:
        _try(cleared, f"{was.name}: enabled = {was.enabled}", lambda: server.patch(was.name, enabled=was.enabled))
    found = _find(server, was.name)
    return [f"proxy {was.name} is gone"] if found is None else _wrong(found, names, was)


def _wait_for(server: Server, limit_s: float) -> None:
    """Wait until somebody answers there; a hang counts as an answer. Raises ToxiproxySilent if nobody is."""
    until_s = time.monotonic() + limit_s
    while True:
        try:
            server.version()
        except ToxiproxySilent as silent:
            if silent.taken:
                return
            if time.monotonic() >= until_s:
                raise
        else:
            return
        time.sleep(POLL_S)
