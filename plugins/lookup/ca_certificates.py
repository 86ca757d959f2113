"""Read a file of CA certificates, and say what is wrong with it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from cryptography import x509

DOCUMENTATION = """
name: ca_certificates
short_description: Read files of CA certificates
description:
  - Returns for each file its certificates as one text (pem), and what is wrong with it (faults).
    Comments in the file are left out. The file's path is absolute, or as for files of a role, or
    from the current directory.
options:
  _terms:
    description: PEM files on the controller.
    required: true
"""

Data = dict[str, Any]
BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
REMEDY = "give the CA certificates alone, as PEM"


class LookupModule(LookupBase):
    """Return {pem, faults} for each file."""

    def run(
        self, terms: list[str], variables: Data | None = None, **_options: object
    ) -> list[Data]:
        """Read each file; see DOCUMENTATION."""
        return [self._read(term, variables or {}) for term in terms]

    def _read(self, term: str, variables: Data) -> Data:
        try:
            found = self.find_file_in_search_path(variables, "files", term, ignore_missing=True)
            content = Path(found or term).expanduser().read_bytes()
        except (OSError, AnsibleError) as error:
            said = getattr(error, "strerror", None) or str(error)
            return {"pem": "", "faults": [f"{term} cannot be read ({said}): correct the path."]}
        now = datetime.now(UTC)
        pem, faults = examine(content, now)
        return {"pem": pem, "faults": [f"{term} {fault}." for fault in faults]}


def examine(content: bytes, now: datetime) -> tuple[str, list[str]]:
    """Return the certificates in a file as one text, and what is wrong; each fits after a path."""
    if content.startswith(b"\x30"):
        return "", ["is DER, not PEM: convert it with openssl x509 -inform der -outform pem"]
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    blocks = [(found.group(1), found.group(0)) for found in BLOCK.finditer(text)]
    # Says so whatever else is wrong; and shows nothing of it.
    if "PRIVATE KEY-----" in text:
        return "", [f"holds a private key, which must not leave its owner: {REMEDY}"]
    others = sorted({kind for kind, _ in blocks if kind != "CERTIFICATE"})
    if others:
        return "", [f"holds {', '.join(others)} instead of CERTIFICATE: {REMEDY}"]
    if not blocks or text.count("-----BEGIN ") != len(blocks):
        what = "a certificate that is cut off" if blocks or "-----BEGIN " in text else "none"
        return "", [f"is no file of CA certificates (it holds {what}): {REMEDY}"]
    faults = [
        f"holds a certificate (number {number} in the file) that {fault}"
        for number, (_, block) in enumerate(blocks, 1)
        if (fault := fault_of(block, now))
    ]
    return "".join(f"{block}\n" for _, block in blocks), faults


def fault_of(block: str, now: datetime) -> str:
    """Say what is wrong with one certificate; empty where it can be trusted as a CA."""
    try:
        certificate = x509.load_pem_x509_certificate(block.encode())
        extensions = certificate.extensions
    except ValueError:
        return f"cannot be read: {REMEDY}, as its owner publishes it"
    name = certificate.subject.rfc4514_string()
    until = certificate.not_valid_after_utc
    if until <= now:
        return f"expired on {until:%Y-%m-%d} ({name}): give its successor, or remove it"
    since = certificate.not_valid_before_utc
    if since > now:
        return (
            f"is not valid before {since:%Y-%m-%d} ({name}): check the clock of this machine, or"
            " give the one that is valid"
        )
    try:
        is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_ca = True
    if not is_ca and certificate.subject != certificate.issuer:
        return f"is a server's, not a CA's ({name}): give that of the CA that issued it"
    return ""
