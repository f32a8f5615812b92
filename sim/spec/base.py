"""The base of every value of the scenario language: frozen, strict, compared by value."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from sim.quantities import NAME_PATTERN, Name

__all__ = ["Flag", "Names", "Real", "Value", "Whole"]


class Value(BaseModel):
    """A frozen value; unknown fields are errors. `defer_build`: `--help` must not pay for schemas it never uses."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


# Strict: in YAML 1.2 `yes` and "4" are text, and true is no number; what looks wrong is wrong
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Real = Annotated[float, Strict(), Field(allow_inf_nan=False)]


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


_NAME = {"type": "string", "pattern": NAME_PATTERN}
_FORM = WithJsonSchema({"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1}]})
Names = Annotated[tuple[Name, ...], Field(min_length=1), BeforeValidator(_one_or_many), _FORM]
"""One name, or a list of names."""
