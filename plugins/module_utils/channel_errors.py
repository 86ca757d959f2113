"""Why a channel cannot be asked, in words."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import urllib.error

LONGEST_QUOTE = 120
# How the library says that a proxy opens no tunnel.
TUNNEL = re.compile(r"Tunnel connection failed: (.*)", re.DOTALL)


def quote(said: bytes) -> str:
    """Make one short line of what a server said."""
    line = " ".join(said.decode("utf-8", "replace").split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def is_untrusted(error: BaseException) -> bool:
    """Say whether a certificate was not trusted."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return isinstance(cause, ssl.SSLCertVerificationError)


def explain(error: Exception) -> str:
    """Say what an error means, in words that fit behind a channel's name."""
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return explain(error.reason)
    # The library for mail takes the end of its patience for an end of the connection.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "does not answer in time"
    if isinstance(error, smtplib.SMTPException):
        return explain_smtp(error)
    if isinstance(error, OSError) and error.strerror:
        return explain_connection(error)
    if tunnel := TUNNEL.match(str(error)):
        return f"is not let through (the proxy answers {quote(tunnel.group(1).encode())})"
    return f"does not answer as it should ({type(error).__name__}: {quote(str(error).encode())})"


def explain_smtp(error: smtplib.SMTPException) -> str:
    """Say what a mail server's refusal means."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = error.smtp_error
        line = quote(said if isinstance(said, bytes) else said.encode())
        return f"refuses the login (it answers {error.smtp_code} {line})"
    return f"cannot do what is needed ({quote(str(error).encode())})"


def explain_connection(error: OSError) -> str:
    """Say why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"has a certificate that this host does not trust ({error.verify_message}; if it is"
            " of a company's CA, name that CA's file in host_ca_certificates)"
        )
    if isinstance(error, socket.gaierror):
        return "has an address that this host cannot find (its name server does not know it)"
    return f"cannot be reached ({error.strerror})"
