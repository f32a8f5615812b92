"""Whether the guardians that would watch over the faults are awake and free, and can do what they would be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from chaos.binding import Binding
from chaos.check.finding import Refusal, Remark
from chaos.deeds import GuardianOrder
from chaos.guard import Guardian, GuardianError, GuardState, Run
from sim.errors import UsageError
from sim.spec.wording import listed

__all__ = ["guardians"]

AT_ONCE = 8  # assumption: as `chaos.check.rights`; each call is limited to 1 s by the client

Found = Refusal | Remark


def guardians(binding: Binding, orders: Iterable[GuardianOrder]) -> tuple[Found, ...]:
    """Return what is wrong with the guardians of these orders, and what they could not do if we died."""
    commands: dict[str, list[str]] = {}
    for order in orders:
        commands.setdefault(order.url, []).extend(step.command for step in order.undo if isinstance(step, Run))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda url: tuple(_guardian(binding, url, commands[url])), commands)
        return tuple(each for some in found for each in some)


def _guardian(binding: Binding, url: str, commands: Iterable[str]) -> Iterator[Found]:
    where, sought = f"guardian {url}", "a guardian that is awake and free"
    try:
        state = Guardian(url).state()
    except (GuardianError, UsageError) as error:
        yield Refusal(where, sought, str(error), "one that answers; without it a fault would outlive this machine")
        return
    if state.phase in {"armed", "undoing", "left"}:
        yield Refusal(where, sought, f"it holds run {state.run} ({state.phase})", "its end: weatherglass chaos undo")
    if state.toxiproxy not in {"", "well"}:
        said = f"{state.toxiproxy}: {state.toxiproxy_detail}"
        yield Refusal(where, "that its toxiproxy is well", said, "one that is")
    yield from _able(binding, where, url, state, commands)


def _able(binding: Binding, where: str, url: str, state: GuardState, commands: Iterable[str]) -> Iterator[Found]:
    """It runs only what its own flags name, and restarts its toxiproxy only by the way that they give."""
    for name in dict.fromkeys(commands):
        if name not in state.commands:
            found = f"its commands are {listed(state.commands) or 'none'}"
            yield Refusal(where, f"that it can run {name}", found, f"one that is started with -command {name}=…")
    own = [f"toxiproxies.{name}" for name, each in binding.toxiproxies.items() if each.guardian == url]
    if own and not state.restarts_by:
        said = "has no way to restart its toxiproxy (-restart, -kill or -kill-file)"
        yield Remark(where, f"{said}: if the API of {', '.join(own)} hangs when this machine is gone, its faults stay")
