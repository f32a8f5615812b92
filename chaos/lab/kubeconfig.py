"""Kubeconfig files, as JSON (which is YAML): who asks, with which token, where."""

from __future__ import annotations

import json

__all__ = ["kubeconfig"]


def kubeconfig(context: str, server: str, authority: str, token: str) -> str:
    """Return a kubeconfig with one context. `server`: `ADDRESS:PORT`; `authority`: path of the CA's certificate."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
            "clusters": [
                {"name": context, "cluster": {"server": f"https://{server}", "certificate-authority": authority}}
            ],
            "users": [{"name": context, "user": {"token": token}}],
        },
        indent=1,
    )
