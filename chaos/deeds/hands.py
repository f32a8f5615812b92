"""The hands: the only way by which anything in the environment is changed. What is not allowed does not pass here.

Reading is free (`kube`, `toxiproxy`); every change names what it touches and is checked against the binding's
allow-list first.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Lock
from typing import IO, TYPE_CHECKING, Any

from chaos.binding import Binding, TargetRefused, Touch
from chaos.kube import Kube, Ref, Tunnel
from chaos.kube.api import MERGE
from sim.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from chaos.toxiproxy import Server

__all__ = ["CommandFailed", "Hands"]

SAID_BYTES = 65_536  # assumption: more than any message; what runs on in the background may write without end
KILLED_S = 5.0  # assumption: who is killed and has not ended by then hangs in the kernel
COMMAND_S = 60.0  # assumption: starting a node with its pods takes 5 to 15 s where it was measured (docs/lab.md)


class CommandFailed(HarnessError):
    """A command of the environment did not end with 0, or not in time."""


class Hands:
    """Reads and changes one environment. Safe to use from several threads. `limit_s`: of one call to the API server."""

    def __init__(self, binding: Binding, limit_s: float = 5.0) -> None:
        self.binding, self.limit_s = binding, limit_s
        self.stopping = Event()  # set by who ends a run early: deeds that wait between tries give up
        self._tunnels: dict[tuple[str, str, int], Tunnel] = {}
        self._lock = Lock()

    def close(self) -> None:
        """Close the tunnels into the cluster."""
        with self._lock:
            for tunnel in self._tunnels.values():
                tunnel.close()
            self._tunnels.clear()

    def tunnel(self, name: str, namespace: str, pod: Callable[[], Ref | None], port: int) -> str:
        """Return the address on this machine of a pod's port: of the pod that `pod()` names when somebody connects.

        One tunnel for a name and a port, until `close`.
        """
        key = (namespace, name, port)
        with self._lock:
            if key not in self._tunnels:
                self._tunnels[key] = Tunnel(self.kube, pod, port)
            return self._tunnels[key].address

    @cached_property
    def kube(self) -> Kube:
        """The cluster, for reading."""
        cluster = self.binding.cluster
        return Kube.of(Path(cluster.kubeconfig).expanduser(), cluster.context, self.limit_s)

    def toxiproxy(self, link: str) -> tuple[Server, str]:
        """Return the server and the proxy's name of a link. Raises UsageError if the binding has no such link."""
        from chaos.toxiproxy import Server

        proxied = self.binding.links.get(link)
        if proxied is None:
            raise UsageError(f"the binding has no proxy in the link {link!r}")
        return Server(self.binding.toxiproxies[proxied.toxiproxy].api), proxied.proxy

    def allowed(self, *touches: Touch) -> None:
        """Raise TargetRefused if any of them is not on the allow-list."""
        for touch in touches:
            self.binding.allow.refuse(touch)

    def _allow(self, ref: Ref) -> None:
        if ref.kind == "Node":
            return self.allowed(Touch("node", ref.name))
        if not ref.namespace:
            raise TargetRefused(f"{ref} is not allowed: of what lives in no namespace only nodes may be touched")
        return self.allowed(Touch("namespace", ref.namespace))

    def create(self, manifest: dict[str, Any], limit_s: float | None = None) -> dict[str, Any]:
        """Make an object."""
        ref = Ref.of(manifest)
        self._allow(ref)
        return self.kube.within(limit_s or self.limit_s).create(ref.folder, manifest)

    def replace(self, manifest: dict[str, Any], limit_s: float | None = None) -> dict[str, Any]:
        """Replace an object by a manifest; with a resourceVersion in it only that version."""
        ref = Ref.of(manifest)
        self._allow(ref)
        return self.kube.within(limit_s or self.limit_s).replace(ref.path, manifest)

    def patch(
        self, ref: Ref, body: Any, kind: str = MERGE, sub: str = "", limit_s: float | None = None
    ) -> dict[str, Any]:
        """Patch an object, or a subresource of it (`/scale`)."""
        self._allow(ref)
        return self.kube.within(limit_s or self.limit_s).patch(ref.path + sub, body, kind)

    def delete(
        self, ref: Ref, uid: str = "", grace_s: int | None = None, limit_s: float | None = None
    ) -> dict[str, Any]:
        """Delete an object; with `uid` only if it is still that one."""
        self._allow(ref)
        body: dict[str, Any] = {"preconditions": {"uid": uid}} if uid else {}
        if grace_s is not None:
            body["gracePeriodSeconds"] = grace_s
        return self.kube.within(limit_s or self.limit_s).delete(ref.path, body or None)

    def evict(self, pod: Ref, uid: str = "") -> dict[str, Any]:
        """Evict a pod, as `kubectl drain` does: the API server says 429 where a disruption budget forbids it."""
        self._allow(pod)
        metadata = {"name": pod.name, "namespace": pod.namespace}
        body: dict[str, Any] = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
        if uid:
            body["deleteOptions"] = {"preconditions": {"uid": uid}}
        return self.kube.create(f"{pod.path}/eviction", body)

    def command_line(self, verb: str, target: str) -> tuple[str, ...]:
        """Return the words of a command of the binding. Raises UsageError if it has no such command."""
        words = self.binding.commands.get(verb)
        if words is None:
            raise UsageError(
                f"the binding has no command {verb!r}; it has {', '.join(self.binding.commands) or 'none'}"
            )
        return tuple(word.replace("{target}", target) for word in words)

    def command(self, verb: str, touch: Touch, more: tuple[str, ...] = ()) -> str:
        """Run a command on what may be touched and return what it printed. Raises CommandFailed."""
        self.allowed(touch)
        return self._run((*self.command_line(verb, touch.name), *more))

    def restart(self, toxiproxy: str) -> str:
        """Start a toxiproxy again, healthy: the last resort of every undo. It heals all links of that process."""
        words = self.binding.toxiproxies[toxiproxy].restart
        if words is None:
            raise CommandFailed(f"the binding says no command that restarts toxiproxy {toxiproxy}")
        return self._run(words)

    def _run(self, words: tuple[str, ...]) -> str:
        try:
            code, out, err = _ended(words)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CommandFailed(f"{words[0]}: {error}") from error
        if code:
            raise CommandFailed(f"`{' '.join(words)}` ends with {code}: {err or out}")
        return out


def _ended(words: tuple[str, ...]) -> tuple[int, str, str]:
    """Run a command and return how it ended and what it said. Raises OSError; TimeoutExpired after COMMAND_S.

    What it leaves running may hold its outputs: they are files, since nobody would see the end of a pipe.
    """
    with TemporaryFile() as out, TemporaryFile() as err:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,  # a terminal's Ctrl-C goes to its whole group; an undo must not die of it
        )
        try:
            code = process.wait(COMMAND_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its session is its own: whatever it has started goes too
            process.wait(KILLED_S)
            raise
        return code, _said(out), _said(err)


def _said(file: IO[bytes]) -> str:
    """Return the end of what was written to a file; nobody reads more of it."""
    file.seek(max(file.seek(0, os.SEEK_END) - SAID_BYTES, 0))
    return file.read(SAID_BYTES).decode("utf-8", errors="replace").strip()
