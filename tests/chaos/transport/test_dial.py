"""Names, several addresses, TLS: each step of a dial has its limit."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loopback import TICK_S, attempt, closed_port, deaf_port, pool_to, serving

from chaos.clock import RunClock
from chaos.transport.dial import Address, Dialler
from chaos.transport.target import Target


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a certificate for 127.0.0.1 and its key to one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def server_side(certificate: Path) -> ssl.SSLContext:
    """Return the context of a server that shows the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_tls_is_verified(on_loop, certificate):
    """A trusted certificate with the right name carries requests; any other ends the dial before a byte is sent."""

    async def case() -> None:
        async with serving(ssl=server_side(certificate)) as place:
            trusted = {"secure": True, "ca_file": str(certificate)}
            async with pool_to(place.port, target=trusted) as pool:
                first, second = await attempt(pool), await attempt(pool)
                assert (first.result, second.result, second.reused) == ("ok", "ok", True)
            for wrong in ({"secure": True}, trusted | {"server_name": "other.example"}):
                async with pool_to(place.port, target=wrong) as pool:
                    reply = await attempt(pool)
                    assert (reply.result, reply.wrote, len(pool.notes)) == ("reset", False, 1)

    on_loop(case())


def test_tls_has_its_own_limit(on_loop):
    """A server that accepts and then says nothing ends a TLS dial by tls_timeout, as a silent dial."""

    async def case() -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            port = mute.getsockname()[1]
            async with pool_to(port, target={"secure": True}, tls_timeout=0.05) as pool:
                reply = await attempt(pool)
                assert (reply.result, reply.wrote, reply.took_s >= 0.05 - TICK_S) == ("dial_timeout", False, True)

    on_loop(case())


def test_one_address_after_the_other(on_loop):
    """A name with two addresses is dialled at the second when the first refuses; the first error is the answer."""

    async def case() -> None:
        async with serving() as place, pool_to(place.port, keep_alive=False) as pool:
            with closed_port() as port, deaf_port() as deaf:
                good, bad, silent = (Address(socket.AF_INET, ("127.0.0.1", p)) for p in (place.port, port, deaf))
                ends = []
                for found in ([bad, good], [bad, bad]):

                    async def addresses(_: object, found: list[Address] = found) -> list[Address]:
                        return found

                    pool.dialler.addresses = addresses
                    ends.append((await attempt(pool)).result)
                assert ends == ["ok", "refused"]
                assert str(silent) == f"127.0.0.1:{deaf}"

    on_loop(case())


def test_a_name_is_looked_up(on_loop):
    """`localhost` is an address; a name that nobody knows is `unreachable`, and noted with the resolver's words."""

    async def case() -> None:
        loop = asyncio.get_running_loop()
        found = await Dialler(RunClock(), Target("localhost", 80), 1.0, 1.0).addresses(loop)
        assert {str(address) for address in found} <= {"127.0.0.1:80", "[::1]:80"}
        async with pool_to(80, target={"host": "no-such-name.invalid"}) as pool:
            reply = await attempt(pool, 3.0)
            assert (reply.result, reply.wrote) in [("unreachable", False), ("dial_timeout", False)]

    on_loop(case())
