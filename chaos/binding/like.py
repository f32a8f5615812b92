"""`like:` in a binding: a scenario's name for something that the binding, or the one it extends, has already.

`nodes: {styx: {like: node-1}}` says everything of node-1 of styx, and that node-1 is its real name. A real node has one
name in a scenario, so an entry of the extended file that a node is like goes; of everything else there may be several.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.spec.place import Path
from sim.spec.wording import unknown

__all__ = ["SECTIONS", "copied"]

SECTIONS = ("nodes", "workloads", "services", "clients", "servers")
_CALLED = ("nodes", "workloads", "services")  # whose entries have a real name, that of the entry where none is given


def copied(data: dict[str, Any], own: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[Path, str]]]:
    """Return the data with every `like` carried out, and what is wrong with some. `own`: what the file itself says."""
    found: list[tuple[Path, str]] = []
    made = dict(data)
    for section in SECTIONS:
        if isinstance(made.get(section), dict):
            found += _wrong(section, made[section])
            made[section] = _section(section, made[section], own.get(section))
    return made, found


def _like(entry: Any) -> Any:
    return entry.get("like") if isinstance(entry, dict) else None


def _wrong(section: str, entries: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for name, entry in entries.items():
        like = _like(entry)
        if like is None:
            continue
        known = [other for other in entries if other != name and _like(entries[other]) is None]
        if not isinstance(like, str) or like not in known:
            yield (section, name, "like"), unknown(like, f"entry of {section} that says itself what it is", known)


def _section(section: str, entries: dict[str, Any], own: Any) -> dict[str, Any]:
    mine = own if isinstance(own, dict) else {}
    made, taken = {}, []
    for name, entry in entries.items():
        like = _like(entry)
        if isinstance(like, str) and isinstance(entries.get(like), dict):
            called = {"name": entries[like].get("name", like)} if section in _CALLED else {}
            entry = called | entries[like] | {key: value for key, value in entry.items() if key != "like"}  # noqa: PLW2901
            taken.append(like)
        made[name] = entry
    if section == "nodes":
        made = {name: entry for name, entry in made.items() if name in mine or name not in taken}
    return made
