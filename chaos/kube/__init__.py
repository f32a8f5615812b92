"""The Kubernetes API as the real side uses it: raw objects as plain values, every call limited in time."""

from __future__ import annotations

from chaos.kube.api import Kube, KubeError, KubeRefused, KubeSilent
from chaos.kube.ref import Ref
from chaos.kube.tunnel import Tunnel

__all__ = ["Kube", "KubeError", "KubeRefused", "KubeSilent", "Ref", "Tunnel"]
