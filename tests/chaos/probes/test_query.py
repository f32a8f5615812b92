"""A query is one number within its limit, or unknown; secrets and redirects go nowhere."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_queries import Answer, said, serving_queries

from chaos.binding import Prometheus, RealProbe
from chaos.probes.get import BODY_MAX_BYTES, NoAnswer
from chaos.probes.query import QueryProbe, number_of
from chaos.probes.reading import Reading

PROBE = RealProbe(query='sum(up{job="a b"})', at_least=2)
SECRET = "s3cr3t-t0ken"  # noqa: S105  (no secret: it is looked for in what we say)
BOUND_S = 30.0  # for hangs only


@pytest.fixture
def answer() -> Iterator[Answer]:
    """Return what a server on loopback answers next."""
    with serving_queries() as served:
        yield served


def read(url: str, probe: RealProbe = PROBE, **prometheus: Any) -> Reading:
    """Return one reading at 7 s."""
    return QueryProbe(probe, Prometheus(url=url, **prometheus)).read(7.0)


@contextmanager
def listening(say: bytes = b"", every_s: float = 0.0) -> Iterator[str]:
    """Accept connections and say nothing, or a byte now and then."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)

        def serve() -> None:
            held = []
            while not over.is_set():
                with suppress(TimeoutError):
                    held.append(server.accept()[0])
                for each in held if say else ():
                    try:
                        each.sendall(say)
                    except OSError:
                        held.remove(each)
                        break
                over.wait(every_s)
            for each in held:
                each.close()

        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(("value", "verdict"), [("2", "held"), ("1.5", "broken"), ("+Inf", "held")])
def test_a_vector_of_one_element_is_held_against_the_bound(answer, value, verdict):
    """One series gives the value; infinity is a number."""
    answer.give(said(value))
    assert read(answer.url) == Reading(float(value), verdict, 7.0)
    assert answer.seen[0][0] == "/prefix/api/v1/query?query=sum%28up%7Bjob%3D%22a%20b%22%7D%29"


def test_a_scalar_is_a_number_too(answer):
    """`scalar(…)` gives its value bare."""
    answer.give([1_700_000_000.0, "3"], "scalar")
    assert read(answer.url, RealProbe(query="x", at_most=3)).verdict == "held"


@pytest.mark.parametrize(
    ("result", "kind", "why"),
    [
        ([], "vector", "the query gives no series; accepted: exactly one"),
        (said("1") * 3, "vector", "the query gives 3 series; accepted: exactly one"),
        (said("NaN"), "vector", "the query gives NaN"),
        ([], "matrix", "the query gives a matrix; accepted: a vector of one element, or a scalar"),
        ("words", "scalar", "Prometheus answered in a form that is not its API's"),
        ([{"metric": {}}], "vector", "Prometheus answered in a form that is not its API's"),
    ],
)
def test_what_is_not_one_number_is_unknown_and_says_why(answer, result, kind, why):
    """An empty answer, several series, NaN, another form: unknown, each in its own words."""
    answer.give(result, kind)
    found = read(answer.url)
    assert (found.verdict, found.why) == ("unknown", why)


def test_a_query_that_is_refused_says_what_the_server_says(answer):
    """A mistake in the query is the user's to mend, so its words are passed on."""
    answer.status = 400
    answer.body = json.dumps({"status": "error", "errorType": "bad_data", "error": "parse error"}).encode()
    assert read(answer.url).why == "Prometheus answered 400: parse error"


def test_a_server_cannot_write_on_the_terminal(answer):
    """Escape sequences and line breaks in what a server says are not passed on."""
    answer.status = 422
    answer.body = json.dumps({"status": "error", "error": "\x1b[2J\nall is well\r"}).encode()
    assert read(answer.url).why == "Prometheus answered 422: �[2J all is well"


def test_a_redirect_is_not_followed(answer):
    """Whoever answers with another address gets no second request, and no token is sent there."""
    with serving_queries() as elsewhere:
        elsewhere.give(said("5"))
        answer.status, answer.headers = 302, {"Location": elsewhere.url}
        found = read(answer.url)
        assert (found.verdict, elsewhere.seen) == ("unknown", [])
    assert found.why == "Prometheus answered 302: redirects are not followed; give the final address"


def test_the_token_is_sent_and_never_said(answer, tmp_path):
    """The token goes into one header, is read anew each time, and stands in no reading."""
    token = tmp_path / "token"
    probe = QueryProbe(PROBE, Prometheus(url=answer.url, token_file=str(token)))
    token.write_text(f"{SECRET}\n", encoding="utf-8")
    answer.give(said("2"))
    assert probe.read(0.0).verdict == "held"
    assert answer.seen[0][1]["Authorization"] == f"Bearer {SECRET}"
    answer.status = 403
    assert SECRET not in repr(probe.read(0.0))
    for written in (b"", b"two lines\n" + SECRET.encode(), b"\xff\xfe", b"a\r\nX-Evil: 1"):
        token.write_bytes(written)
        assert probe.read(0.0).why == "prometheus.token_file: holds no token; accepted: one line of visible characters"
    token.unlink()
    assert probe.read(0.0).why == "prometheus.token_file cannot be read: No such file or directory"


def test_nobody_there_is_unknown():
    """A refused connection is no reading, and is said as such."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert read(f"http://127.0.0.1:{port}").why == f"127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize(("say", "every_s"), [(b"", 0.01), (b"H", 0.05), (b"HTTP/1.1 200 OK\r\n\r\n", 0.05)])
def test_silence_and_dripping_end_with_the_limit(say, every_s):
    """A server that accepts and stays silent, or drips, is given up: the limit is for the whole answer."""
    with listening(say, every_s) as url:
        began_s = monotonic()
        found = read(url, PROBE.model_copy(update={"limit": 0.3}))
        assert monotonic() - began_s < BOUND_S
    assert found.why == f"{url.removeprefix('http://')}: no whole answer within 300ms"


def test_a_silent_question_is_broken_off():
    """`abort` wakes a reading that waits for an answer."""
    with listening() as url:
        probe = QueryProbe(PROBE.model_copy(update={"limit": BOUND_S}), Prometheus(url=url))
        found: list[Reading] = []
        thread = Thread(target=lambda: found.append(probe.read(0.0)))
        thread.start()
        while thread.is_alive() and not found:
            probe.abort()
            thread.join(0.05)
    assert [each.verdict for each in found] == ["unknown"]


def test_an_endless_answer_is_cut(answer):
    """No more than a megabyte is read."""
    answer.body = b"x" * (BODY_MAX_BYTES + 2)
    assert read(answer.url).why.endswith(f"an answer of more than {BODY_MAX_BYTES} bytes")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    """TLS is verified: a server with a certificate of its own gets no question."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(own_certificate(tmp_path))
    with serving_queries(server) as served:
        served.give(said("2"))
        found = read(served.url)
        assert (found.verdict, served.seen) == ("unknown", [])
    assert "CERTIFICATE_VERIFY_FAILED" in found.why


def own_certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate that it has signed itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(*form) + pem)
    return path


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "data", "resultType", "result", "value", "error"]), inner, max_size=4
        )
    ),
    max_leaves=4,
)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([200, 302, 400, 503]), st.binary(max_size=50) | json_values.map(lambda v: json.dumps(v).encode())
)
def test_no_answer_whatever_is_more_than_no_answer(status, body):
    """Whatever a server sends, there is a number or NoAnswer, never another error."""
    with suppress(NoAnswer):
        assert number_of(status, body) == number_of(status, body)


@settings(max_examples=50, deadline=None)
@given(json_values, st.sampled_from(["vector", "scalar", "matrix"]))
def test_no_result_whatever_is_more_than_no_answer(result, kind):
    """The same for whatever stands where the result should."""
    body = json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()
    with suppress(NoAnswer):
        number_of(200, body)
