"""Deeds: the reversible changes that faults are made of. A new one is a new file and one line in `table.py`."""

from __future__ import annotations

from chaos.deeds.base import Deed, DeedFailed, GuardianOrder, NoEffect, Right, TargetGone, UndoFailed
from chaos.deeds.hands import Hands
from chaos.deeds.table import DEEDS, AnyDeed, deed_from

__all__ = [
    "DEEDS",
    "AnyDeed",
    "Deed",
    "DeedFailed",
    "GuardianOrder",
    "Hands",
    "NoEffect",
    "Right",
    "TargetGone",
    "UndoFailed",
    "deed_from",
]
