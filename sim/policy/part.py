"""The base of every part of a policy: frozen, strict, compared by value, without state."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["Part", "tag"]


class Part(BaseModel):
    """A frozen value; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def tag(value: Any) -> str | None:
    """Return the `kind` of a map from a file or of a value, for pydantic to choose among kinds."""
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
