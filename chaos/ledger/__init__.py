"""The ledger: every deed is written down, with how to undo it, before it is done; who finds it can undo the rest."""

from __future__ import annotations

from chaos.ledger.copy import ClusterCopy, Copies, copies, copy_name
from chaos.ledger.entry import Entry, Header, read_ledger
from chaos.ledger.ledger import Ledger, append_line
from chaos.ledger.undo import Undone, undo_all, undo_order

__all__ = [
    "ClusterCopy",
    "Copies",
    "Entry",
    "Header",
    "Ledger",
    "Undone",
    "append_line",
    "copies",
    "copy_name",
    "read_ledger",
    "undo_all",
    "undo_order",
]
