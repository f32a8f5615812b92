"""Names of policies and transports: looked up in the file, then among the presets; a scenario carries what it uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim.presets import preset_bodies
from sim.spec.place import Path
from sim.spec.wording import quote, unknown

__all__ = ["PRESET_SECTIONS", "fill_in", "presets"]

Report = Callable[[Path, str], None]

PRESET_SECTIONS = ("policies", "transports")
_FIELDS = {"policies": ("policy", "none", "policy"), "transports": ("transport", "go-net-http", "transport")}


def presets(section: str) -> dict[str, dict[str, Any]]:
    """Return the presets of a section by name and further name, each as the map that a file would hold."""
    return preset_bodies(section)


def _uses(data: dict[str, Any], field: str, default: str) -> Iterator[tuple[Path, str]]:
    """Yield where a policy or transport is named, and the name; clients first, then the calls of services."""
    for path, holder in _callers(data):
        name = holder.get(field, default)
        if isinstance(name, str):
            yield (*path, field), name


def _callers(data: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    clients = data.get("clients")
    for name, client in clients.items() if isinstance(clients, dict) else ():
        if isinstance(client, dict):
            yield ("clients", name), client
    services = data.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        calls = service.get("calls") if isinstance(service, dict) else None
        for index, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict):
                yield ("services", name, "calls", index), call


def fill_in(data: dict[str, Any], report: Report) -> dict[str, Any]:
    """Return the document with every preset that it uses copied into `policies` and `transports`."""
    filled = dict(data)
    for section, (field, default, what) in _FIELDS.items():
        own = data.get(section)
        if own is not None and not isinstance(own, dict):
            continue  # the validator says so
        own = own or {}
        known = presets(section)
        for name in own:
            if name in known:
                report((section, name), f"{quote(name)} is a preset; accepted: another name (like: {name} copies it)")
        used: dict[str, Any] = {}
        for path, name in _uses(data, field, default):
            if name in known:
                used.setdefault(name, known[name])
            elif name not in own:
                report(path, unknown(name, what, (*own, *known)))
        filled[section] = {**own, **used}
    return filled
