"""A run that died before it did anything keeps no guardian from the next run; one that may have done something does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kube_api import KubeApi, kubeconfig, running
from real_guardian import RealGuardian

from chaos.binding import Binding
from chaos.deeds import Hands
from chaos.guard import Run
from chaos.runner.recovery import abandoned


class _Leased(KubeApi):
    """The lease of a dead run."""

    def __init__(self) -> None:
        super().__init__()
        spec = {"holderIdentity": "run by somebody", "leaseDurationSeconds": 1, "renewTime": "2001-01-01T00:00:00Z"}
        self.put({"kind": "Lease", "metadata": {"name": "weatherglass", "namespace": "chaos"}, "spec": spec})

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Delete what is asked for."""
        return (200, self.objects.pop(path)) if method == "DELETE" else super().answer(method, path, body)


@pytest.mark.parametrize("left", [(), (Run("start", "one"),)])
def test_only_a_guardian_that_was_left_nothing_is_freed(guardian: RealGuardian, tmp_path: Path, left: Any) -> None:
    """The cluster knows nothing of what the run may have done; what the guardian knows it takes back by itself."""
    guardian.client.arm("run", 50.0, left)
    with running(_Leased()) as server:
        config = kubeconfig(tmp_path / "kubeconfig", server)
        binding = {
            "version": 1,
            "cluster": {"kubeconfig": str(config), "context": "staging", "home": "chaos"},
            "toxiproxies": {"edge": {"api": "http://127.0.0.1:1", "guardian": guardian.client.url}},
            "allow": {"namespaces": ["chaos"]},
        }
        assert abandoned(Hands(Binding.model_validate(binding))) == "run"
    assert (guardian.client.state().phase == "armed") is bool(left)
