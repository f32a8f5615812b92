"""Whether a run lives is seen by its renewals, whatever any clock says."""

from __future__ import annotations

from typing import Any

import pytest
from kube_api import KubeApi

from chaos.runner.living import refuse_living, release
from sim.errors import RunError

PATH = "/apis/coordination.k8s.io/v1/namespaces/chaos/leases/weatherglass"
LONG_AGO, IN_A_YEAR = "2001-01-01T00:00:00.000000Z", "2101-01-01T00:00:00.000000Z"


class _Leased(KubeApi):
    """One lease. `renews`: whether somebody renews it; `deleted`: by which UID it was deleted."""

    def __init__(self, renewed: str, *, renews: bool) -> None:
        super().__init__()
        self.renews, self.deleted = renews, ""
        spec = {"holderIdentity": "run-1 by somebody", "leaseDurationSeconds": 1, "renewTime": renewed}
        self.put(
            {"kind": "Lease", "metadata": {"name": "weatherglass", "namespace": "chaos", "uid": "u"}, "spec": spec}
        )

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Renew at every look; delete what is asked for."""
        if method == "DELETE":
            self.deleted = body["preconditions"]["uid"]
            return 200, self.objects.pop(path)
        if self.renews and path in self.objects:
            metadata = self.objects[path]["metadata"]
            metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        return super().answer(method, path, body)


@pytest.mark.parametrize("renewed", [LONG_AGO, IN_A_YEAR])
def test_who_renews_is_alive(asked: Any, renewed: str) -> None:
    """However old, or young, its last renewal looks from here; and only the run that is asked for counts."""
    hands = asked(_Leased(renewed, renews=True))
    with pytest.raises(RunError, match="run-1 is still alive"):
        refuse_living(hands, "run-1")
    with pytest.raises(RunError, match="run-1 is still alive"):
        refuse_living(hands)
    refuse_living(hands, "run-2")


@pytest.mark.parametrize("renewed", [LONG_AGO, IN_A_YEAR])
def test_who_does_not_renew_is_dead(asked: Any, renewed: str) -> None:
    """Its lease is removed, that very one and no other run's; then there is none to remove."""
    api = _Leased(renewed, renews=False)
    hands = asked(api)
    refuse_living(hands, "run-1")
    assert (release(hands, "run-2"), api.deleted) == ("", "")
    assert (release(hands, "run-1"), api.deleted) == ("run-1", "u")
    assert release(hands) == ""
