"""Which API servers are talked to at all, and for how long."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import yaml
from kube_api import KubeApi, kubeconfig, running

from chaos.kube import Kube, KubeSilent, api
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


@contextmanager
def _saying(*pieces: bytes, every_s: float = 0.0) -> Iterator[str]:
    """Answer whoever comes with these bytes, one piece after the other, and close."""

    def answer() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, suppress(OSError):
                    client.recv(65_536)
                    for piece in pieces:
                        client.sendall(piece)
                        time.sleep(every_s)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize("body", [b"<html>a balancer's page</html>", b"", b"{", b"\xff\xfe"])
def test_an_answer_that_is_no_json_is_no_answer(tmp_path, body):
    """Whoever stands before the API server says nothing of it: whether the call was carried out is unknown."""
    with _saying(_head(len(body)), body) as url:
        kube = Kube.of(kubeconfig(tmp_path / "kubeconfig", url), "staging")
        with pytest.raises(KubeSilent, match=r"GET /version: no answer from the API server: what answers is no API"):
            kube.get("/version")


def test_an_answer_that_is_cut_is_no_answer(tmp_path):
    """Half an object is none."""
    with _saying(_head(100), b'{"items": []}') as url, pytest.raises(KubeSilent):
        Kube.of(kubeconfig(tmp_path / "kubeconfig", url), "staging").get("/version")


def test_an_answer_that_drips_is_given_up(tmp_path):
    """Each byte comes in time, and the whole never does: the limit is for the whole."""
    pieces = [bytes([byte]) for byte in b'"' + b"x" * 400]  # would take 20 s
    with _saying(_head(1000), *pieces, every_s=0.05) as url:
        kube = Kube.of(kubeconfig(tmp_path / "kubeconfig", url), "staging", limit_s=0.3)
        with pytest.raises(KubeSilent, match="the answer was not whole within the limit"):
            kube.get("/version")


def _with_plugin(folder, server, script):
    """Write a kubeconfig whose credentials come from a program."""
    path = kubeconfig(folder / "kubeconfig", server)
    config = yaml.safe_load(path.read_text())
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", script]}
    config["users"] = [{"name": "u", "user": {"exec": plugin | {"interactiveMode": "Never"}}}]
    path.write_text(yaml.safe_dump(config))
    return path


EXPIRED = """
import json, pathlib, time
seen = pathlib.Path({seen!r})
if seen.exists():
    time.sleep(20)
seen.touch()
status = {{"token": "t", "expirationTimestamp": "2001-01-01T00:00:00Z"}}
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}}))
"""


def test_a_credential_plugin_that_hangs_is_told(tmp_path, monkeypatch):
    """Before anything is asked of the cluster."""
    monkeypatch.setattr(api, "PLUGIN_S", 1.0)
    script = "import time; time.sleep(20)"
    with pytest.raises(UsageError, match="its credential plugin has not ended within 1 s"):
        Kube.of(_with_plugin(tmp_path, "http://127.0.0.1:1", script), "staging")


def test_a_credential_plugin_that_hangs_later_is_a_silent_api_server(tmp_path):
    """Its token has expired in the middle of a run: the call was not made, and ends within its limit."""
    with running(KubeApi()) as url:
        config = _with_plugin(tmp_path, url, EXPIRED.format(seen=str(tmp_path / "seen")))
        kube = Kube.of(config, "staging", limit_s=0.3)
        with pytest.raises(
            KubeSilent, match=r"GET /version: .*the credential plugin of context 'staging' has not ended"
        ):
            kube.get("/version")
