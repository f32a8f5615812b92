"""Named facts with their sources: data files and their readers. Values are raw, as they stand in a scenario file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["preset_entries", "transport_presets"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times faster, but not everywhere


@cache
def preset_entries(kind: str) -> dict[str, dict[str, Any]]:
    """Return the entries of the preset file `KIND.yaml` by name: each a map with `why`, `source` and `is`."""
    text = files(__name__).joinpath(f"{kind}.yaml").read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = yaml.load(text, Loader=_LOADER)  # noqa: S506  (a safe one)
    return entries


def transport_presets() -> dict[str, dict[str, Any]]:
    """Return the transports by name, each each a fresh map as a scenario would hold."""
    return {name: dict(entry["is"]) for name, entry in preset_entries("transports").items()}
