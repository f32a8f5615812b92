"""The JSON Schema of a scenario file, for editors: what the models accept, in the short forms that people write.

Pydantic describes the models; what a file may say more shortly (a bare duration for a distribution, one key for its
kind, `backoff: none`, `like: NAME`) is added here. It is looser than `validate`: names and times are not looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim.quantities import show_duration
from sim.spec.distributions import KINDS
from sim.spec.like import COLLECTIONS
from sim.spec.place import dig
from sim.spec.scenario import Scenario

__all__ = ["file_schema"]

Node = dict[str, Any]
_REF = "#/$defs/"


def file_schema() -> Node:
    """Return the schema of a scenario file (JSON Schema 2020-12)."""
    schema = Scenario.model_json_schema(by_alias=True)
    defs: Node = schema["$defs"]
    del defs["Trace"]["properties"]["instants_s"]  # the loader's, not the file's
    defs["Distribution"] = _distribution(defs)
    _allow_like(schema)
    schema = _rewritten(schema)
    schema["properties"]["version"] = {"const": 1, "description": "the version of the language"}
    used = dict.fromkeys(_references(schema))
    schema["$defs"] = {name: body for name, body in schema["$defs"].items() if name in used}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A Weatherglass scenario", **schema}


def _distribution(defs: Node) -> Node:
    """A bare duration, or one key that names the kind."""
    duration = defs["Constant"]["properties"]["value"]
    bodies: dict[str, Node] = {}
    for kind in KINDS:
        # pydantic writes the module before a name that two models share (a backoff is also called Exponential)
        name = next(n for n in defs if n == kind.title() or n.endswith(f"distributions__{kind.title()}"))
        fields = {field: body for field, body in defs[name]["properties"].items() if field != "kind"}
        bodies[kind] = {**defs[name], "properties": fields}
    bodies["mixture"] = {"type": "array", "minItems": 1, "items": {"$ref": f"{_REF}Part"}}
    bodies["choice"] = {"type": "array", "minItems": 1, "items": duration}
    keyed = {
        "type": "object",
        "properties": bodies,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    return {"description": "a duration, or a distribution of durations", "anyOf": [duration, keyed]}


def _entries(schema: Node) -> Iterator[Node]:
    """Yield the schema of an entry of each collection that knows `like`."""
    for section, *inner in COLLECTIONS:
        found = dig(schema, ("properties", section))
        for part in inner:
            found = dig(schema["$defs"], (found["$ref"].removeprefix(_REF), "properties", part))
        yield found.get("additionalProperties") or next(iter(found["patternProperties"].values()))


def _allow_like(schema: Node) -> None:
    for entry in _entries(schema):
        for ref in _references(entry):
            body = schema["$defs"][ref]
            if "like" in body["properties"]:
                continue
            body["properties"] = {
                **body["properties"],
                "like": {"type": "string", "description": "copies that entry; what stands here replaces its own"},
            }
            if "const" in body["properties"].get("kind", {}):
                body["required"] = list(dict.fromkeys(["kind", *body.get("required", [])]))
            if "required" in body:
                body["anyOf"] = [{"required": ["like"]}, {"required": body.pop("required")}]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(_REF)
        for key, value in node.items():
            if key != "discriminator":
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _is_union_of(node: Node, name: str) -> bool:
    return any(member.get("$ref") == f"{_REF}{name}" for member in node.get("oneOf", ()))


def _as_backoff(node: Node) -> Node:
    rest = {key: value for key, value in node.items() if key != "oneOf"}
    listed = {"$ref": f"{_REF}Steps/properties/waits"}
    return {**rest, "anyOf": [{"const": "none"}, {"$ref": f"{_REF}Distribution"}, listed, *node["oneOf"]]}


def _as_policy(node: Node) -> Node:
    return {"anyOf": [{"const": "none"}, *node["oneOf"]]}


_SHORT_FORMS: dict[str, Callable[[Node], Node]] = {  # a member by which a union is known → its form in a file
    "Immediate": _as_backoff,
    "Once": _as_policy,
}


def _rewritten(node: Any) -> Any:
    """Return a schema in a file's forms: no titles, no defaults that a file could not hold, no free names."""
    if isinstance(node, list):
        return [_rewritten(item) for item in node]
    if not isinstance(node, dict):
        return node
    for member, short in _SHORT_FORMS.items():
        if _is_union_of(node, member):
            node = short(node)
    schema = {key: _rewritten_key(key, value) for key, value in node.items() if key != "discriminator"}
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    if "oneOf" in schema:
        schema["anyOf"] = schema.pop("oneOf")  # an entry with `like` leaves its kind open
    _rewrite_default(schema)
    return schema


def _rewritten_key(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _rewritten(body) for name, body in value.items()}
    return value if key == "default" else _rewritten(value)


def _rewrite_default(schema: Node) -> None:
    default = schema.get("default")
    if isinstance(default, bool | str | list) or "default" not in schema or default is None:
        return
    if schema.get("description", "").startswith("a duration:"):
        schema["default"] = show_duration(default)
    elif isinstance(default, dict) and default.get("kind") == "constant":
        schema["default"] = show_duration(default["value"])
    elif not (isinstance(default, int | float) and schema.get("type") in {"integer", "number"}):
        del schema["default"]
