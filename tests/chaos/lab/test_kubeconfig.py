from __future__ import annotations

import yaml

from chaos.lab.kubeconfig import kubeconfig


def test_a_kubeconfig_has_one_context_that_is_chosen():
    """Who reads it needs to choose nothing."""
    read = yaml.safe_load(kubeconfig("weatherglass.lab", "10.200.0.11:6443", "/ca.crt", "secret"))
    named = {"name": "weatherglass.lab"}
    assert read == {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "weatherglass.lab",
        "contexts": [{**named, "context": {"cluster": "weatherglass.lab", "user": "weatherglass.lab"}}],
        "clusters": [{**named, "cluster": {"server": "https://10.200.0.11:6443", "certificate-authority": "/ca.crt"}}],
        "users": [{**named, "user": {"token": "secret"}}],
    }
