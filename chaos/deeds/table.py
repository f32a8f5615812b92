"""The deeds there are."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, get_args

from pydantic import Field, TypeAdapter

from chaos.deeds.base import Deed
from chaos.deeds.command import Command
from chaos.deeds.cordon import Cordon
from chaos.deeds.down import DisableProxy
from chaos.deeds.evict import EvictPods
from chaos.deeds.interpose import Interpose
from chaos.deeds.node_object import DeleteNodeObject
from chaos.deeds.noop import Nothing
from chaos.deeds.pods import DeletePods
from chaos.deeds.rollout import RolloutRestart
from chaos.deeds.scale import ScaleWorkload
from chaos.deeds.toxics import AddToxics

__all__ = ["DEEDS", "AnyDeed", "deed_from"]

OneOf: TypeAlias = (
    Nothing
    | AddToxics
    | DisableProxy
    | Command
    | ScaleWorkload
    | RolloutRestart
    | DeletePods
    | Cordon
    | EvictPods
    | DeleteNodeObject
    | Interpose
)
AnyDeed: TypeAlias = Annotated[OneOf, Field(discriminator="deed")]
DEEDS: tuple[type[Deed], ...] = get_args(OneOf)


def deed_from(data: dict[str, Any]) -> Deed:
    """Return the deed of a ledger's entry. Raises pydantic's ValidationError for what is none."""
    deed: Deed = TypeAdapter[Any](AnyDeed).validate_python(data)
    return deed
