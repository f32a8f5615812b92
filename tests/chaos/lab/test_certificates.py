from __future__ import annotations

import socket
import ssl
import threading

import pytest

from chaos.lab.certificates import server_names, write_certificates, write_secret
from chaos.lab.places import places
from chaos.lab.shape import shape

WHERE = places(shape(kind="three-servers"), 200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every key and certificate of a lab."""
    made = tmp_path_factory.mktemp("certificates")
    write_certificates(made, WHERE)
    return made


def test_api_servers_are_called_by_many_names():
    """By the names of the service, on loopback, by each server's address, the balancer's and the ClusterIP."""
    names, addresses = server_names(WHERE)
    assert names == (
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    )
    assert addresses == ("127.0.0.1", "10.200.240.1", "10.200.0.10", "10.200.0.11", "10.200.0.12", "10.200.0.13")


@pytest.mark.parametrize("called", ["10.200.0.12", "kubernetes.default.svc"])
def test_both_ends_trust_each_other(folder, called):
    """A handshake with every check on, the strictest of RFC 5280 too: client and server are of one authority."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.crt")
    server.load_cert_chain(folder / "apiserver.crt", folder / "apiserver.key")
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=folder / "ca.crt")
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.load_cert_chain(folder / "kubelet-client.crt", folder / "kubelet-client.key")
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with server.wrap_socket(theirs, server_side=True) as connection:
            connection.sendall(str(connection.getpeercert()["subject"]).encode())

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(ours, server_hostname=called) as connection:
        subject = connection.recv(1000).decode()
    thread.join()
    assert "system:masters" in subject
    assert "kube-apiserver-kubelet-client" in subject


def test_only_the_owner_reads_a_secret(folder, tmp_path):
    """Keys, certificates and secrets have mode 0600, from their first moment."""
    write_secret(tmp_path / "sub" / "secret", b"x")
    assert {path.stat().st_mode & 0o777 for path in (*folder.iterdir(), tmp_path / "sub" / "secret")} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == [
        "apiserver.crt",
        "apiserver.key",
        "ca.crt",
        "kubelet-client.crt",
        "kubelet-client.key",
        "service-accounts.key",
    ]
