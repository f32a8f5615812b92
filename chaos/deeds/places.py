"""Which deeds hold the same thing: each is undone to what it found, so two of them must not hold one thing at once."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.deeds.base import Deed
from chaos.deeds.interpose import Interpose
from chaos.deeds.toxics import AddToxics

__all__ = ["held_by_both"]


def held_by_both(one: Deed, other: Deed) -> str:
    """Return a thing that both deeds hold, in words, or nothing.

    Toxics of several faults on one proxy add up and come off one by one. A service that is put behind a proxy is so
    once for all faults that need it.
    """
    if isinstance(one, AddToxics) and isinstance(other, AddToxics):
        return ""
    theirs = set(_held(other))
    return next((place for place in _held(one) if place in theirs), "")


def _held(deed: Deed) -> Iterator[str]:
    if isinstance(deed, Interpose):
        return
    touches = [touch for touch in deed.touches() if touch.kind not in ("namespace", "interpose")]
    yield from map(str, touches)
    name, namespace = getattr(deed, "name", None), getattr(deed, "namespace", None)
    if not touches and name and namespace:
        yield f"{name} in namespace {namespace}"
