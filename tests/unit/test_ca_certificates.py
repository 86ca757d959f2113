"""The lookup ca_certificates, on files as people have them."""

from __future__ import annotations

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from plugins.lookup.ca_certificates import examine

from unit.playbooks import run_tasks

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(
    subject: str = "Company CA",
    issuer: str = "Company CA",
    since: datetime = NOW - DAY,
    until: datetime = NOW + DAY,
    *,
    ca: bool = True,
) -> bytes:
    """Make a certificate, as PEM."""
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        for name in (issuer, subject)
    ]
    made = (
        x509.CertificateBuilder(names[0], names[1])
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def test_several_certificates_are_taken_and_comments_left_out() -> None:
    one, two = certificate(), certificate("Old CA", "Old CA")
    pem, faults = examine(b"# Company CA\n" + one + b"\nSubject: Old CA\n" + two, NOW)
    assert (pem, faults) == ((one + two).decode(), [])


def test_line_ends_and_byte_order_mark_of_windows_are_taken() -> None:
    one = certificate()
    assert examine(b"\xef\xbb\xbf" + one.replace(b"\n", b"\r\n"), NOW) == (one.decode(), [])


def key() -> bytes:
    return KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "it holds none"),
        (b"hello\n", "it holds none"),
        (certificate()[:-30], "a certificate that is cut off"),
        (certificate() + certificate()[:60], "a certificate that is cut off"),
        (certificate().replace(b"M", b"!", 3), "number 1 in the file) that cannot be read"),
        (certificate().splitlines()[1], "it holds none"),
        (base64.b64decode(b"".join(certificate().splitlines()[1:-1])), "is DER, not PEM"),
        (certificate() + key(), "holds a private key"),
        (key(), "holds a private key"),
        (certificate().replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"), "TRUSTED CERTIFICATE"),
        (certificate(until=NOW - DAY / 2), "expired on 2026-05-31 (CN=Company CA)"),
        (certificate(since=NOW + DAY / 2), "is not valid before 2026-06-01"),
        (certificate() + certificate(until=NOW - DAY / 2), "number 2 in the file) that expired"),
        (certificate("hooks.example.test", ca=False), "is a server's, not a CA's"),
    ],
)
def test_what_cannot_be_trusted_is_refused_in_words(content: bytes, fault: str) -> None:
    _, faults = examine(content, NOW)
    assert len(faults) == 1
    assert fault in faults[0]
    assert "BEGIN" not in faults[0]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    task = {
        "name": "Read",
        "ansible.builtin.debug": {
            "msg": "{{ lookup('botwatch.stack.ca_certificates', file).faults }}"
        },
    }
    said = run_tasks(tmp_path, [task], file=f"{tmp_path}/absent.pem").results["Read"]["msg"]
    assert said == [
        f"{tmp_path}/absent.pem cannot be read (No such file or directory): correct the path."
    ]


def test_what_openssl_makes_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=Company CA", "-keyout", "/dev/null",
         "-out", str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    pem, faults = examine(path.read_bytes(), datetime.now(UTC))
    assert (pem, faults) == (path.read_text(), [])
