"""A validator's findings in the language's own words: the path and the value as they stand in the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from pydantic import BaseModel

from sim.quantities import NAME_PATTERN
from sim.spec.place import Path, dig
from sim.spec.shape import fields_at
from sim.spec.wording import quote, unknown

__all__ = ["in_file", "worded"]

NAME_RULE = "lower-case letters, digits and -, at most 63, beginning and ending with a letter or digit"


def in_file(loc: Path, data: Any, *, missing: bool = False) -> Path:
    """Return the path in the file of a validator's location: union tags and built-up fields are not in the text.

    `missing`: the last part is a field that is not there, and stays.
    """
    path: list[str | int] = []
    last = len(loc) - 1
    for index, part in enumerate(loc):
        inside = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if inside:
            path.append(part)
            data = dig(data, (part,))
        elif missing and index == last:
            path.append(part)
    return tuple(path)


def _values(expected: str) -> tuple[str, ...]:
    return tuple(re.findall(r"'([^']*)'", expected)) or (expected,)


class _Case(NamedTuple):
    """One finding: what stands in the file, the validator's details, its own words."""

    given: Any
    context: dict[str, Any]
    text: str


_Words: TypeAlias = Callable[[_Case], str]


def _own(case: _Case) -> str:
    """Word a ValueError of ours: its text says what is accepted, or a whole sentence."""
    text = case.text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if text.startswith("accepted:"):
        return f"{quote(case.given)} is not accepted; {text}"
    if text.startswith(("is ", "has ")):
        return f"{quote(case.given)} {text}"
    if "accepted:" in text:
        return text
    if text.startswith(("a ", "an ", "must ")):
        return f"{quote(case.given)} is not accepted; accepted: {text.removeprefix('must ')}"
    return f"{text}; given: {quote(case.given)}"


def _bound(words: str, key: str) -> _Words:
    return lambda case: f"{quote(case.given)} is out of range; accepted: {words} {case.context[key]:g}"


def _only(what: str) -> _Words:
    return lambda case: f"{quote(case.given)} is not accepted; accepted: {what}"


def _name(case: _Case) -> str:
    return f"{quote(case.given)} is no name; accepted: {NAME_RULE}"


_MAP = _only("a map")
_LIST = _only("a list")
_WHOLE = _only("a whole number")
_NUMBER = _only("a number")
_FLAG = _only("true or false")

WORDS: dict[str, _Words] = {
    "missing": lambda _: "is missing",
    "value_error": _own,
    "assertion_error": _own,
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "literal_error": lambda case: unknown(case.given, "choice here", _values(case.context["expected"])),
    "union_tag_invalid": lambda case: unknown(case.context["tag"], "kind", _values(case.context["expected_tags"])),
    "union_tag_not_found": _only("a map with kind: NAME"),
    "string_pattern_mismatch": _name,
    "string_too_long": _name,
    "string_type": _only("text (in quotes, if it looks like a number)"),
    "too_short": lambda case: f"{quote(case.given)} is too short; accepted: at least {case.context['min_length']}",
    "dict_type": _MAP,
    "model_type": _MAP,
    "model_attributes_type": _MAP,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
}


def _given(data: Any, path: Path) -> Any:
    try:
        return dig(data, path)
    except KeyError:
        return None


def _extra(model: type[BaseModel], loc: Path) -> str:
    known = fields_at(model, loc[:-1])
    return unknown(loc[-1], "field here", known) if known else f"{quote(loc[-1])} is no field here"


def worded(error: Any, data: Any, model: type[BaseModel]) -> tuple[Path, str]:
    """Return path and message of one of pydantic's errors about `data`, a file's content."""
    kind, loc = error["type"], tuple(error["loc"])
    if loc and loc[-1] == "[key]":
        return in_file(loc[:-1], data), f"{quote(loc[-2])} is no name; accepted: {NAME_RULE}"
    path = in_file(loc, data, missing=kind in {"missing", "extra_forbidden"})
    if kind == "extra_forbidden":
        return path, _extra(model, loc)
    context = error.get("ctx", {})
    if kind == "union_tag_invalid":
        path = (*path, context["discriminator"].strip("'"))
    say = WORDS.get(kind)
    given = _given(data, path)
    return path, say(_Case(given, context, error["msg"])) if say else f"{quote(given)}: {error['msg']}"


assert NAME_PATTERN == r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"  # what NAME_RULE says in words
