"""Named facts with their sources: data files and their readers. Values are raw, as they stand in a scenario file.

`transports.yaml` is one file; the policies are many and have one file a family, `policies/FAMILY.yaml`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["FAMILIES", "preset_aliases", "preset_bodies", "preset_entries", "transport_presets"]

FAMILIES = ("basics", "book", "aws", "grpc", "mesh", "go", "java", "dotnet", "python", "cloud", "breaker")
"""The families of policies in the order in which a list shows them; each is a file."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times faster, but not everywhere


@cache
def preset_entries(kind: str) -> dict[str, dict[str, Any]]:
    """Return the entries of a kind of preset by name: each a map with `why`, `source` and `is`.

    An entry may have `also`: the further names that it answers to. A policy's entry has its `family` as well; the kind
    `policies/FAMILY` is one family alone.
    """
    if kind == "policies":
        return {name: entry for family in FAMILIES for name, entry in preset_entries(f"policies/{family}").items()}
    text = files(__name__).joinpath(*f"{kind}.yaml".split("/")).read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = yaml.load(text, Loader=_LOADER)  # noqa: S506  (a safe one)
    folder, _, family = kind.rpartition("/")
    return {name: {**entry, "family": family} for name, entry in entries.items()} if folder else entries


@cache
def preset_aliases(kind: str) -> dict[str, str]:
    """Return the further names of presets, each with the name that it stands for."""
    return {alias: name for name, entry in preset_entries(kind).items() for alias in entry.get("also", ())}


def preset_bodies(kind: str) -> dict[str, dict[str, Any]]:
    """Return what each preset is, by its name and by its further names."""
    entries = preset_entries(kind)
    names = {name: name for name in entries} | preset_aliases(kind)
    return {name: entries[stands_for]["is"] for name, stands_for in names.items()}


def transport_presets() -> dict[str, dict[str, Any]]:
    """Return the transports by name, each a fresh map as a scenario would hold."""
    return {name: dict(entry["is"]) for name, entry in preset_entries("transports").items()}
