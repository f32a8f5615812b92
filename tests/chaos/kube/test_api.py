"""Which API servers are talked to at all."""

from __future__ import annotations

import json

import pytest

from chaos.kube import Kube
from sim.errors import UsageError


def _kubeconfig(folder, server):
    path = folder / "kubeconfig"
    context = {"name": "staging", "context": {"cluster": "staging", "user": "somebody"}}
    config = {
        "clusters": [{"name": "staging", "cluster": {"server": server}}],
        "users": [{"name": "somebody", "user": {"token": "secret"}}],
        "contexts": [context],
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def test_no_token_goes_over_a_network_in_the_clear(tmp_path):
    """Plain http is for this machine alone."""
    with pytest.raises(UsageError, match="in the clear; accepted: https"):
        Kube.of(_kubeconfig(tmp_path, "http://staging.example:6443"), "staging")
    for server in ("https://staging.example:6443", "http://127.0.0.1:8080"):
        assert Kube.of(_kubeconfig(tmp_path, server), "staging").server == server
