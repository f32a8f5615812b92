"""The policies of the language as one type: a frozen value decoded from a file is the behaviour itself."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Discriminator, Tag

from sim.policy.once import Once
from sim.policy.retry import Retry

__all__ = ["KINDS", "AnyPolicy", "PolicyRef"]

KINDS = ("none", "retry")
PolicyRef: TypeAlias = str
"""The name of a policy of the file or of a preset."""


def _from_file(value: Any) -> Any:
    """Turn `none` into {kind: none}; say what is accepted where the kind is missing or unknown."""
    if value == "none":
        return {"kind": "none"}
    if isinstance(value, dict) and value.get("kind") not in KINDS:
        given = f"kind: {value['kind']!r} is no policy" if "kind" in value else "has no kind"
        raise ValueError(f"{given}; accepted: kind: {' or '.join(KINDS)}")
    return value


def _tag(value: Any) -> str | None:
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)


AnyPolicy: TypeAlias = Annotated[
    Annotated[Once, Tag("none")] | Annotated[Retry, Tag("retry")], Discriminator(_tag), BeforeValidator(_from_file)
]
