"""That nothing is skipped unseen."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

LIBRARIES = ("aiohttp", "azure.core", "backoff", "botocore", "envoy", "google.api_core", "grpc", "httpx", "pybreaker",
             "requests", "stamina", "stripe", "tenacity", "urllib3")  # fmt: skip


def is_installed(name):
    """Tell whether a module can be found, its package included."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.skipif(not os.environ.get("CI"), reason="only CI must have every library")
def test_where_ci_runs_every_library_is_there():
    """A missing one would skip its tests."""
    assert [name for name in LIBRARIES if not is_installed(name)] == []
