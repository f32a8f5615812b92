"""Where in a file something stands: paths, their lines, and the way back from a patched document to the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["Draft", "Path", "Tree", "dig", "show"]

Path: TypeAlias = tuple[str | int, ...]


def show(path: Path) -> str:
    """Return a path as people write it: `services.shop.calls[0].to`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def dig(data: Any, path: Path) -> Any:
    """Return what stands at a path of plain data; KeyError if nothing does."""
    for part in path:
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[int(part)]
        else:
            raise KeyError(part)
    return data


@dataclass(frozen=True, slots=True)
class Tree:
    """A file as plain data, with the line (1 = first) on which each path begins."""

    file: str
    data: dict[str, Any]
    lines: dict[Path, int]

    def line(self, path: Path) -> int | None:
        """Return the line of a path, or of the nearest thing around it that the file has."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


@dataclass(slots=True)
class Draft:
    """A document after patches. `origins` says of each replaced subtree where in the file its text stands."""

    data: dict[str, Any]
    origins: dict[Path, Path] = field(default_factory=dict)

    def origin(self, path: Path) -> Path:
        """Return where in the file the value at `path` was written."""
        for length in range(len(path), 0, -1):
            source = self.origins.get(path[:length])
            if source is not None:
                return source + path[length:]
        return path
