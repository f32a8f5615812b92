"""Concurrency limits: how many of a client's calls may be under way at one time; more are refused at once.

A limit stands around a whole call, its pauses included. `live` keeps the places, `sizes` learn, `kinds` are how they
stand in a file.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Discriminator, Tag

from sim.policy.limit.kinds import AimdLimit, Bulkhead, Gradient2Limit, VegasLimit
from sim.policy.limit.live import LiveLimit, Place, ending

__all__ = [
    "AimdLimit", "AnyLimit", "Bulkhead", "Gradient2Limit", "LiveLimit", "Place", "VegasLimit", "ending",
]  # fmt: skip

AnyLimit: TypeAlias = Annotated[
    Annotated[Bulkhead, Tag("fixed")]
    | Annotated[AimdLimit, Tag("aimd")]
    | Annotated[Gradient2Limit, Tag("gradient2")]
    | Annotated[VegasLimit, Tag("vegas")],
    Discriminator("kind"),
]
