"""A sweep: every option of a document, once for each of several values at one path.

What a table of capacity needs (load, node count, size) is the language's own patches, written by a loop instead of by
hand: `sweep("capacity", {"at-20": {"clients.users.arrivals": {"poisson": "20/s"}}, …})` gives options such as
`all-nodes-at-20`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import yaml

from sim.spec.load import Document, load_text
from sim.spec.scenario import BASE
from sim.spec.source import Source, read
from sim.spec.yaml_core import parse

__all__ = ["sweep"]


def sweep(source: str | FilePath, points: Mapping[str, Mapping[str, Any]]) -> Document:
    """Return the document of a scenario whose options are the file's own, each with each point's changes set.

    `points`: name of a point → {path: value as it would stand in a file}. An option `x` and a point `y` become the
    option `x-y`; options that are not modelled are left out. Raises ScenarioError as `load` does.
    """
    text = read(source)
    data = dict(parse(text.text, text.file).data)
    written = data.pop("options", None) or {BASE: {}}
    asked = {name: option or {} for name, option in written.items() if "not_modelled" not in (option or {})}
    options: dict[str, Any] = {}
    for name, option in asked.items():
        options[name] = option
        for point, changes in points.items():
            options[f"{name}-{point}"] = {"extends": [name], "set": dict(changes)}
    swept = yaml.safe_dump({**data, "options": options}, sort_keys=False)
    document = load_text(Source(f"{text.file} (swept)", swept, text.folder))
    kept = tuple(name for name in document.options if name not in asked)
    return Document(document.file, document.base, kept, {}, document.scenarios)
