"""The control room: the observer of every drill, over its HTTP API."""

from __future__ import annotations

from dataclasses import fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from botwatch_drill.snapshot import Snapshot
from botwatch_sandbox.drills.record import DrillSpec, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botwatch_sandbox.drills.record import Mark

Parsed = TypeVar("Parsed")

TIMEOUT_S = 5.0
ERROR_MAX = 1000
# Only GET is repeated: a POST that was lost may have been heard.
RETRIES = Retry(total=3, backoff_factor=0.2, allowed_methods=["GET"])


class ControlError(Exception):
    """The control room cannot be reached or refuses; the message is one sentence."""


class RefusalError(ControlError):
    """The control room refuses a call.

    Attributes:
        status: of its answer.
    """

    def __init__(self, path: str, status: int, sentence: str) -> None:
        super().__init__(f"the control room refuses {path}: {sentence}")
        self.status = status


class ControlRoom:
    """The control API.

    Every method raises ControlError.

    Attributes:
        url: where it is, without a slash at the end.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy does not reach this machine's loopback
        self._session.mount("http://", HTTPAdapter(max_retries=RETRIES))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def state(self) -> Snapshot:
        """Return the state of the whole stack."""
        return self._call("GET", "/control/state", Snapshot.parse)

    def suggestions(self) -> list[str]:
        """Return the messages that it proposes to send to the bot; none for a user's own bot."""
        return self._call("GET", "/control/state", _suggestions)

    def start(self, spec: DrillSpec) -> Record:
        """Start the record of a drill that the control room does not run itself."""
        body = {field.name: getattr(spec, field.name) for field in fields(DrillSpec)}
        return self._call("POST", "/control/drills", Record.parse, body)

    def mark(self, mark: Mark, at: float | None = None) -> Record:
        """Note when the fault was put in place, came again, or was taken away.

        Args:
            mark: what happened.
            at: Unix seconds by the control room's clock; now when None.
        """
        return self._call(
            "POST", "/control/drills/current/mark", Record.parse, {"mark": mark, "at": at}
        )

    def finish(self, *, ok: bool, error: str | None) -> Record:
        """End the record with its verdict."""
        body = {"ok": ok, "error": error and error[:ERROR_MAX]}
        return self._call("POST", "/control/drills/current/finish", Record.parse, body)

    def current(self) -> Record:
        """Return the running or last drill's record."""
        try:
            return self._call("GET", "/control/drills/current", Record.parse)
        except RefusalError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            message = "the control room was restarted and has lost the drill: run it again"
            raise ControlError(message) from error

    def play(self, what: str, body: Mapping[str, object]) -> None:
        """Let the stand-ins do something, such as `slack/faults`."""
        self._call("POST", f"/control/{what}", lambda answer: answer, body)

    def _call(
        self,
        method: str,
        path: str,
        parse: Callable[[Mapping[str, Any]], Parsed],
        body: Mapping[str, object] | None = None,
    ) -> Parsed:
        try:
            answer = self._session.request(method, self.url + path, json=body, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            message = f"nothing answers at {self.url}: run `make demo` first"
            raise ControlError(message) from error
        try:
            found = answer.json()
            if answer.ok:
                return parse(found)
            refusal = str(found["error"])
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            message = (
                f"{self.url}{path} answers {answer.status_code} with something that is not the "
                "control room's: give its address with --control"
            )
            raise ControlError(message) from error
        raise RefusalError(path, answer.status_code, refusal)


def _suggestions(state: Mapping[str, Any]) -> list[str]:
    return list(state["discord"]["suggestions"])
