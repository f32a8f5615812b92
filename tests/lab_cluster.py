"""A real lab for tests: how it is made, asked and broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chaos.binding import read_binding
from chaos.lab.api import Api, api_of
from chaos.lab.errors import PartMissing
from chaos.lab.founding import IMAGES
from chaos.lab.network import within
from chaos.lab.parts import Lines, ensure
from chaos.lab.plan import programs
from chaos.lab.record import Lab
from chaos.lab.requirements import REQUIREMENTS, SIMULATED, missing
from chaos.lab.shape import shape

__all__ = ["Cluster", "lab", "machine", "no_lab_here", "wait_for", "weatherglass"]

ROOT = Path(__file__).resolve().parent.parent


BUILDS = "WEATHERGLASS_TESTS_BUILD"  # set by `make lab`: parts that are not there are built, and not a reason to skip


class _Built:
    """A report that does not wait for a build: a test is skipped instead, and says what would make it run."""

    def step(self, part: str, text: str) -> None:
        pytest.skip(f"{part} is not built ({text}); `make lab` builds all parts in about 10 minutes")

    def done(self, part: str, seconds: float) -> None:
        """Hear nothing."""


def no_lab_here(**asked: Any) -> None:
    """Skip the test, with the reason, where a lab cannot be made."""
    made = shape(**asked)
    needed = REQUIREMENTS if made.engine == "kubelet" else SIMULATED
    if found := missing(Path(tempfile.gettempdir()), needed):
        pytest.skip("no lab here: " + "; ".join(map(str, found)))
    try:
        report = Lines() if os.environ.get(BUILDS) else _Built()
        ensure((*programs(made), *(IMAGES if made.engine == "kubelet" else ())), report)
    except PartMissing as error:
        pytest.skip(str(error))


def weatherglass(
    *arguments: str, state: Path, code: int = 0, limit_s: float = 180.0
) -> subprocess.CompletedProcess[str]:
    """Return what a command said. It must end with `code`, within `limit_s`."""
    environ = {**os.environ, "XDG_STATE_HOME": str(state), "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "chaos", *arguments)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=limit_s)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def wait_for(what: Callable[[], Any], limit_s: float, said: str) -> Any:
    """Return the first answer that is true; fail after `limit_s`, which bounds a hang and measures nothing."""
    until_s = time.monotonic() + limit_s
    while not (answer := what()):
        assert time.monotonic() < until_s, f"after {limit_s:g} s still not: {said}"
        time.sleep(0.1)
    return answer


def machine() -> dict[str, list[str]]:
    """Return what a lab could leave behind, as it is now on this machine."""
    rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout.splitlines()
    settings = ["fs/inotify/max_user_instances", "vm/overcommit_memory", "kernel/panic", "net/ipv4/ip_forward"]
    fixed = ["/run/containerd", "/run/nri", "/run/weatherglass", "/var/lib/cni", "/var/lib/kubelet", "/var/log/pods"]
    fixed += ["/var/log/containers", "/usr/libexec/kubernetes", "/etc/cni"]
    return {
        "namespaces": sorted(path.name for path in Path("/run/netns").glob("*")),
        "links": sorted(path.name for path in Path("/sys/class/net").iterdir()),
        "mounts": Path("/proc/self/mounts").read_text().splitlines(),
        "cgroups": sorted(str(path) for path in Path("/sys/fs/cgroup").rglob("weatherglass*")),
        "rules": [line for line in rules if line.startswith("-A")],
        "settings": [f"{name}={(Path('/proc/sys') / name).read_text().strip()}" for name in settings],
        "folders": [path for path in fixed if Path(path).exists()],
    }


class Cluster:
    """One lab, as tests use it."""

    def __init__(self, name: str, state: Path) -> None:
        self.name, self.state = name, state
        self.lab = Lab(name, state / "weatherglass" / "labs")

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `weatherglass lab …` on this lab."""
        return weatherglass("lab", *arguments, "--name", self.name, state=self.state, code=code)

    @property
    def api(self) -> Api:
        return api_of(self.lab.site())

    def status(self) -> dict[str, Any]:
        """Return each component's row of `lab status --json` by its name."""
        data = json.loads(self.run("status", "--json").stdout)
        return {row["name"]: row for row in data["components"]}

    def entry(self, link: str) -> str:
        """Return the URL of a link's entry, as the binding file names it."""
        return read_binding(self.lab.folders.binding).binding.entries[link]

    def node(self, name: str) -> dict[str, Any]:
        return self.api.get(f"/api/v1/nodes/{name}")

    def ready(self, node: str) -> str:
        """Return the status of a node's Ready condition: True, False or Unknown."""
        conditions = {each["type"]: each["status"] for each in self.node(node)["status"]["conditions"]}
        return str(conditions["Ready"])

    def taints(self, node: str) -> list[str]:
        return sorted(f"{each['key']}:{each['effect']}" for each in self.node(node)["spec"].get("taints", []))

    def pods(self, namespace: str = "shop") -> list[dict[str, Any]]:
        return list(self.api.get(f"/api/v1/namespaces/{namespace}/pods")["items"])

    def pods_on(self, node: str) -> list[dict[str, Any]]:
        return [pod for pod in self.pods() if pod["spec"].get("nodeName") == node]

    def serving(self) -> bool:
        """Return whether every deployment has all of its replicas, and no pod is on its way out."""
        deployments = self.api.get("/apis/apps/v1/deployments")["items"]
        whole = all(each["status"].get("readyReplicas", 0) == each["spec"]["replicas"] for each in deployments)
        return whole and not any("deletionTimestamp" in pod["metadata"] for pod in self.pods())

    def has_front(self, node: str) -> bool:
        """Return whether a pod of front runs on a node; if not, one of another node makes room for one there.

        Pods are spread over nodes when they are made, and never later: tests before may have moved them all away.
        """
        fronts = [pod for pod in self.pods() if pod["metadata"]["labels"].get("app") == "front"]
        places = [pod["spec"].get("nodeName") for pod in fronts]
        if node in places:
            return self.serving()
        if self.serving():
            crowded = fronts[places.index(max(places, key=places.count))]["metadata"]["name"]
            self.api.delete(f"/api/v1/namespaces/shop/pods/{crowded}")
        return False

    def get_from(self, place: str, url: str, limit_s: float = 3.0) -> str:
        """Return the status of a GET from inside a place, or curl's exit code as `curl 28`."""
        inside = within(self.lab.site().places.place(place).netns)
        command = (*inside, "curl", "-s", "-m", str(limit_s), "-o", "/dev/null", "-w", "%{http_code}", url)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else f"curl {done.returncode}"

    def answers(self, url: str, place: str = "edge") -> bool:
        """Return whether a GET from inside a place is answered with 200."""
        return self.get_from(place, url) == "200"

    def proxy(self, proxy: str, **change: Any) -> dict[str, Any]:
        """Change a toxiproxy proxy (`enabled=False`), or only ask for it, and return it."""
        return self._toxiproxy(proxy, f"/proxies/{proxy}", change)

    def add_toxic(self, proxy: str, **toxic: Any) -> dict[str, Any]:
        return self._toxiproxy(proxy, f"/proxies/{proxy}/toxics", toxic)

    def _toxiproxy(self, proxy: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        (group,) = [g for g in self.lab.site().groups if any(link.proxy == proxy for link in g.links)]
        data = json.dumps(body).encode() if body else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(f"http://{group.api}{path}", data=data), timeout=5) as answer:
            return dict(json.load(answer))


@contextmanager
def lab(name: str, state: Path, *asked: str, serves_in_s: float = 60.0) -> Iterator[Cluster]:
    """Give a lab that serves; at the end it goes, and the machine must be as it was before."""
    no_lab_here()
    before, made = machine(), Cluster(name, state)
    try:
        made.run("up", *asked)
        wait_for(made.serving, serves_in_s, "the sample application serves")
        yield made
    finally:
        made.run("down")
    assert machine() == before
