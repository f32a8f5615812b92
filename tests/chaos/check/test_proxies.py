from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from good_binding import good_binding
from real_toxiproxy import RealToxiproxy, Upstream

from chaos.binding import Binding
from chaos.check.finding import Refusal, Remark
from chaos.check.proxies import proxies
from chaos.toxiproxy import Server, Toxic
from chaos.toxiproxy.toxics import Latency


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealToxiproxy]:
    """A toxiproxy that runs, with a proxy `link`."""
    upstream = Upstream()
    made = RealToxiproxy(tmp_path, upstream.address, ("link",))
    made.start()
    yield made
    made.kill()
    upstream.close()


def _binding(url: str, **more: Any) -> Binding:
    changed = {
        "toxiproxies": {"edge": {"api": url, "restart": ["true"], "guardian": "unix:/g.sock"} | more},
        "links": {
            "caller->api": {"toxiproxy": "edge", "proxy": "link"},
            "kubelet->api": {"toxiproxy": "edge", "proxy": "x"},
        },
    }
    return Binding.model_validate(good_binding(**changed), context={"file": True})


def _found(binding: Binding, *links: str) -> list[str]:
    return [each.found for each in proxies(binding, links or ("caller->api",)) if isinstance(each, Refusal)]


def test_a_healthy_proxy_is_fit(real):
    """Nothing speaks against it."""
    assert proxies(_binding(real.url), ["caller->api"]) == ()


def test_toxics_of_others_are_refused_unless_they_are_allowed(real):
    """They would be part of what is measured, and a restart would take them away."""
    Server(real.url).add("link", Toxic(name="theirs", stream="downstream", effect=Latency(latency_s=0.1)))
    assert _found(_binding(real.url)) == ["link has toxics of others: theirs"]
    allowed = _binding(real.url).model_copy(
        update={"limits": _binding(real.url).limits.model_copy(update={"foreign_toxics": True})}
    )
    assert _found(allowed) == []


def test_a_proxy_that_is_not_there_is_refused(real):
    """The server's own words."""
    (said,) = _found(_binding(real.url), "kubelet->api")
    assert "404" in said


def test_a_toxiproxy_that_does_not_answer_is_refused(real):
    """Frozen: it takes the connection and says nothing; dead: nobody is there. Both within seconds."""
    assert real.process is not None
    real.process.send_signal(signal.SIGSTOP)
    (frozen,) = _found(_binding(real.url))
    real.process.send_signal(signal.SIGCONT)
    real.kill()
    (dead,) = _found(_binding(real.url))
    assert frozen != dead


def test_what_nobody_could_heal_is_said(real):
    """Without a restart command, and without a guardian."""
    found = proxies(_binding(real.url, restart=None, guardian=None), ["caller->api"])
    assert [type(each) for each in found] == [Remark, Remark]
