"""Breaking the bot on purpose: only with the drill token, else as if nothing were here."""

from __future__ import annotations

import hmac
import logging
import os
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, abort, jsonify, request

from botwatch_bot.exits import ExitCode
from botwatch_bot.metrics import ErrorType, Metrics

if TYPE_CHECKING:
    from botwatch_bot.runs import Run

_log = structlog.get_logger(__name__)


def create(metrics: Metrics, token: str, run: Run) -> Blueprint:
    """Return the drill endpoints for those who send `Authorization: Bearer <token>`."""
    drills = Blueprint("drills", __name__)
    expected = f"Bearer {token}".encode()

    @drills.before_request
    def only_with_token() -> None:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, expected):
            abort(404)

    @drills.route("/test-error", methods=["GET", "POST"])
    def count_an_error() -> Response:
        metrics.errors.labels(ErrorType.DRILL).inc()
        _log.warning("drill: counted an error")
        return jsonify(counted=str(ErrorType.DRILL))

    @drills.route("/test-crash", methods=["GET", "POST"])
    def crash() -> Response:
        _log.critical("drill: ending the process at once")
        run.crash_for_a_drill()
        logging.shutdown()
        # An exception would only end this request; the drill is about a process that is gone.
        os._exit(ExitCode.INTERNAL)

    return drills
