"""The base of every part of a policy: frozen, strict, compared by value, without state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

__all__ = ["Part", "tag"]


class Part(BaseModel):
    """A frozen value; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed; what was worked out from the old ones (`limits`) is left behind."""
        copied = super().model_copy(update=update, deep=deep)
        for name in [name for name in copied.__dict__ if name not in type(self).model_fields]:
            del copied.__dict__[name]
        return copied


def tag(value: Any) -> str | None:
    """Return the `kind` of a map from a file or of a value, for pydantic to choose among kinds."""
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
