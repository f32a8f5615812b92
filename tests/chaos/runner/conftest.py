"""Hands on a cluster whose API server a test has made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kube_api import KubeApi, kubeconfig, running

from chaos.binding import Binding
from chaos.deeds import Hands


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Any]:
    """What gives hands on a cluster whose API server is `api`."""
    opened = []

    def hands(api: KubeApi) -> Hands:
        serving = running(api)
        opened.append(serving)
        config = kubeconfig(tmp_path / "kubeconfig", serving.__enter__())
        cluster = {"kubeconfig": str(config), "context": "staging", "home": "chaos"}
        allow = {"namespaces": ["chaos"]}
        return Hands(
            Binding.model_validate({"version": 1, "name": "b", "why": "w", "cluster": cluster, "allow": allow})
        )

    yield hands
    for each in opened:
        each.__exit__(None, None, None)
