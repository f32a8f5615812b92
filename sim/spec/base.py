"""The base of every value of the scenario language: frozen, strict, compared by value."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Value"]


class Value(BaseModel):
    """A frozen value; unknown fields are errors. `defer_build`: `--help` must not pay for schemas it never uses."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
