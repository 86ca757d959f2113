"""A small mail server that keeps what it is sent: enough for Alertmanager and the preflight."""

from __future__ import annotations

import base64
import email
import email.policy
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

from monitoring.inbox import Inbox
from monitoring.loopback import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "alerts@example.org", "made-up password"


@dataclass
class MailServer(Inbox[EmailMessage]):
    """The mail that arrived, and how the server behaves.

    Attributes:
        certificate: with it the server offers STARTTLS, and no login without it.
        silent: takes connections and says nothing.
        logins: the names that were logged in with.
    """

    certificate: Path | None = None
    silent: bool = False
    logins: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"{ADDRESS}:{self.port}"


class Conversation(StreamRequestHandler):
    """One connection."""

    box: MailServer
    encrypted = False

    def handle(self) -> None:
        """Answer command by command."""
        if self.box.silent:
            self.rfile.read()
            return
        self.say("220 ready")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            answer = getattr(self, f"on_{word.lower()}", None)
            if answer is None:
                self.say("502 what?")
            elif not answer(rest):
                return

    def finish(self) -> None:
        """Close what STARTTLS has put around the connection, too."""
        super().finish()
        self.connection.close()

    def say(self, *lines: str) -> bool:
        """Send lines; returns that the conversation goes on."""
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return True

    def on_ehlo(self, _name: str) -> bool:
        """Say what there is."""
        if self.box.certificate and not self.encrypted:
            return self.say("250-localhost", "250 STARTTLS")
        return self.say("250-localhost", "250 AUTH PLAIN LOGIN")

    def on_starttls(self, _nothing: str) -> bool:
        """Go on encrypted, if there is a certificate."""
        if not self.box.certificate:
            return self.say("454 no")
        self.say("220 go on")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.box.certificate)
        try:
            self.connection = context.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, ConnectionError):  # the client does not like the certificate
            return False
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.encrypted = True
        return True

    def on_auth(self, given: str) -> bool:
        """Take the one name and password, in the way PLAIN or LOGIN."""
        way, _, first = given.partition(" ")
        if way == "PLAIN":
            _, name, password = decoded(first or self.ask("")).split("\0")
        else:
            name = decoded(first or self.ask("Username:"))
            password = decoded(self.ask("Password:"))
        if (name, password) != (USER, PASSWORD):
            return self.say("535 5.7.8 wrong name or password")
        self.box.logins.append(name)
        return self.say("235 welcome")

    def ask(self, question: str) -> str:
        """Ask for a line."""
        self.say(f"334 {base64.b64encode(question.encode()).decode()}")
        return self.rfile.readline().decode().strip()

    def on_data(self, _nothing: str) -> bool:
        """Take a mail."""
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        policy: Any = email.policy.default
        self.box.accept(email.message_from_bytes(b"".join(lines), policy=policy))
        return self.say("250 ok")

    def on_mail(self, _address: str) -> bool:
        """Take a sender, or a recipient; or do nothing."""
        return self.say("250 ok")

    on_rcpt = on_rset = on_noop = on_mail

    def on_quit(self, _nothing: str) -> bool:
        """Part."""
        self.say("221 bye")
        return False


def decoded(text: str) -> str:
    """Read what is sent as Base64."""
    return base64.b64decode(text).decode()


class Server(ThreadingTCPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True
    block_on_close = False


@contextmanager
def running_mail_server(
    certificate: Path | None = None, *, silent: bool = False
) -> Iterator[MailServer]:
    """Run the server on a free port until the block ends."""
    box = MailServer(certificate=certificate, silent=silent)
    handler = type("Handler", (Conversation,), {"box": box})
    with Server((ADDRESS, 0), handler) as server:
        box.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
