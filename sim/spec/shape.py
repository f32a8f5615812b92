"""What the language knows at a place: the models' own fields, found by walking their annotations."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from typing_extensions import TypeAliasType

from sim.spec.place import Path

__all__ = ["field_names", "fields_at"]


def field_names(model: type[BaseModel]) -> tuple[str, ...]:
    """Return a model's fields as they are written in a file, in the order of the model."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union without None; what is no union is its own only member."""
    while get_origin(annotation) is Annotated or isinstance(annotation, TypeAliasType):
        annotation = annotation.__value__ if isinstance(annotation, TypeAliasType) else get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return tuple(member for arg in get_args(annotation) if arg is not NoneType for member in _tagged(arg))
    return (annotation,)


def _tagged(member: Any) -> tuple[Any, ...]:
    """Keep a tagged member whole, since its tag is needed; look into any other."""
    tagged = get_origin(member) is Annotated and any(isinstance(item, Tag) for item in member.__metadata__)
    return (member,) if tagged else _members(member)


def _tags(member: Any) -> tuple[str, ...]:
    if get_origin(member) is Annotated:
        return tuple(item.tag for item in member.__metadata__ if isinstance(item, Tag))
    kind = member.model_fields.get("kind") if _is_model(member) else None
    return get_args(kind.annotation) if kind is not None else ()


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _step(annotation: Any, part: str | int) -> Any:
    members = _members(annotation)
    if len(members) > 1:
        return next((member for member in members if part in _tags(member)), None)
    return _into(members[0], part)


def _into(member: Any, part: str | int) -> Any:
    if _is_model(member):
        named = (f.annotation for name, f in member.model_fields.items() if part == (f.alias or name))
        return next(named, None)
    if get_origin(member) is dict:
        return get_args(member)[1]
    if get_origin(member) in (tuple, list):
        return get_args(member)[0]
    return None


def fields_at(model: type[BaseModel], loc: Path) -> tuple[str, ...] | None:
    """Return the fields of the model at `loc`, a location with pydantic's union tags; None where there is no model."""
    annotation: Any = model
    for part in loc:
        annotation = _step(annotation, part)
        if annotation is None:
            return None
    members = _members(annotation)
    return field_names(members[0]) if len(members) == 1 and _is_model(members[0]) else None
