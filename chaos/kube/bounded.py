"""A bound for what knows none itself: a credential plugin of a kubeconfig is a program that may never end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

__all__ = ["within"]

T = TypeVar("T")


def within(limit_s: float, work: Callable[[], T], name: str) -> T:
    """Return what `work` returns, and raise what it raises; TimeoutError if it takes longer than `limit_s`.

    Then it goes on in a daemon thread of that name, and nobody hears how it ends: so it must not change anything.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # whatever it is, who asked gets it
            outcome.set_exception(error)

    Thread(target=run, name=name, daemon=True).start()
    return outcome.result(limit_s)
