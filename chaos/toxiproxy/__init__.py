"""Toxiproxy servers: their toxics as checked values, every call limited, every write read back, every undo sure."""

from __future__ import annotations

from chaos.toxiproxy.clear import Cleared, clear
from chaos.toxiproxy.errors import BadToxic, ReadBackDiffers, ToxiproxyError, ToxiproxyRefused, ToxiproxySilent
from chaos.toxiproxy.meaning import Down, Meaning, toxics_of
from chaos.toxiproxy.objections import objections, too_old
from chaos.toxiproxy.server import Server
from chaos.toxiproxy.state import ProxyState, ToxicState, parse_proxy
from chaos.toxiproxy.toxics import Toxic

__all__ = [
    "BadToxic",
    "Cleared",
    "Down",
    "Meaning",
    "ProxyState",
    "ReadBackDiffers",
    "Server",
    "Toxic",
    "ToxicState",
    "ToxiproxyError",
    "ToxiproxyRefused",
    "ToxiproxySilent",
    "clear",
    "objections",
    "parse_proxy",
    "too_old",
    "toxics_of",
]
