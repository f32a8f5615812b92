"""A tunnel that leads nowhere closes at once: nobody waits in it. (Where it leads: tests/lab/test_deeds.py.)"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from chaos.kube import Kube, Ref, Tunnel

LIMIT_S = 20.0  # bounds a hang, nothing else
POD = Ref("Pod", "proxy", "shop")


def _kube(folder: Path, port: int) -> Kube:
    where = {"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    context = {"name": "here", "context": {"cluster": "here", "user": "me"}}
    config = folder / "kubeconfig"
    config.write_text(json.dumps({"clusters": [where], "contexts": [context], "users": [{"name": "me", "user": {}}]}))
    return Kube.of(config, "here", 1.0)


def _said(tunnel: Tunnel) -> bytes:
    host, _, port = tunnel.address.rpartition(":")
    with socket.create_connection((host, int(port)), LIMIT_S) as client:
        try:
            client.sendall(b"GET /version HTTP/1.1\r\n\r\n")
            return client.recv(1)
        except ConnectionResetError:  # closed before it had read what we said
            return b""


@pytest.mark.parametrize("pod", [None, POD])
def test_a_connection_that_cannot_be_forwarded_is_closed(pod, tmp_path):
    """Without a pod, and without an API server."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody listens
        tunnel = Tunnel(_kube(tmp_path, held.getsockname()[1]), lambda: pod, 8474)
        try:
            assert _said(tunnel) == b""
        finally:
            tunnel.close()


def test_a_silent_api_server_is_given_up(tmp_path):
    """It accepts and never answers: the connection is closed when the limit is over, and the next one is, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        tunnel = Tunnel(_kube(tmp_path, silent.getsockname()[1]), lambda: POD, 8474)
        try:
            assert _said(tunnel) == b""
        finally:
            tunnel.close()


def test_a_closed_tunnel_listens_no_more(tmp_path):
    """What comes later is refused."""
    tunnel = Tunnel(_kube(tmp_path, 1), lambda: None, 8474)
    tunnel.close()
    with pytest.raises(ConnectionRefusedError):
        _said(tunnel)
