"""Keys and certificates of a lab: one authority, the API servers' certificate, their own towards kubelets, and the key
of the service accounts. Everybody else logs in with a token.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chaos.lab.places import Places

__all__ = ["server_names", "write_certificates", "write_secret"]

VALID = timedelta(days=3650)  # assumption: no lab lives for ten years
CLOCK_SKEW = timedelta(hours=1)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def server_names(places: Places) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names and the addresses by which API servers are called, inside pods too."""
    service = ["kubernetes", "default", "svc", "cluster", "local"]
    names = ("localhost", *(".".join(service[:length]) for length in (1, 2, 3, 5)))
    balancer = (places.balancer.address,) if places.balancer else ()
    servers = tuple(place.address for place in places.servers)
    return names, ("127.0.0.1", places.kubernetes_address, *balancer, *servers)


def write_certificates(folder: Path, places: Places) -> None:
    """Write every key and certificate that the components name into a folder.

    The authority's own key is not written: nothing is ever signed later.
    """
    names, addresses = server_names(places)
    called: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    called += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    authority_key = _new_key()
    authority = _authority(authority_key)
    _write_certificate(folder / "ca.crt", authority)
    for file, name, group, asked in (
        ("apiserver", "kube-apiserver", (), called),
        ("kubelet-client", "kube-apiserver-kubelet-client", ("system:masters",), []),
    ):
        key = _new_key()
        _write_key(folder / f"{file}.key", key)
        builder = _builder(_name(name, group), key, authority.subject, authority_key)
        _write_certificate(folder / f"{file}.crt", _leaf(builder, asked).sign(authority_key, hashes.SHA256()))
    _write_key(folder / "service-accounts.key", _new_key())


def write_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, never readable in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _new_key() -> EllipticCurvePrivateKey:
    """Return a fresh key on P-256: an RSA key takes a hundred times as long to make."""
    return generate_private_key(SECP256R1())


def _name(name: str, groups: Sequence[str] = ()) -> x509.Name:
    """The subject: Kubernetes reads the user from its common name, the groups from its organisations."""
    of_group = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*of_group, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, key: EllipticCurvePrivateKey, issuer: x509.Name, issuer_key: EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    # with key identifiers and usages: from 3.13 on, clients in Python refuse what lacks anything that RFC 5280 demands
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _authority(key: EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("weatherglass")
    return (
        _builder(name, key, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(builder: x509.CertificateBuilder, called: list[x509.GeneralName]) -> x509.CertificateBuilder:
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    extended = builder.add_extension(both, critical=False).add_extension(_usage("digital_signature"), critical=True)
    return extended.add_extension(x509.SubjectAlternativeName(called), critical=False) if called else extended


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in _USAGES})


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    write_secret(path, certificate.public_bytes(Encoding.PEM))


def _write_key(path: Path, key: EllipticCurvePrivateKey) -> None:
    # "EC PRIVATE KEY": the form that Kubernetes reads everywhere, for service accounts too
    write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
