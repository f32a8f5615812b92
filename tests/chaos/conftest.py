"""Both loops: whatever holds on one must hold on the other."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chaos.client.loop import run


@pytest.fixture(params=["asyncio", "uvloop"])
def on_loop(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Return what runs a coroutine to its end, on each loop in turn."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="the extra `fast` is not installed")
    return lambda work: run(work, request.param)
