"""Breaking the bot on purpose: only with the drill token, else as if nothing were here."""

from __future__ import annotations

import hmac
import logging

from flask import Blueprint, Response, abort, jsonify, request

from botwatch.faults import (
    MAX_GROWTH_MEBIBYTES,
    MAX_GROWTH_SECONDS,
    MAX_HANG_SECONDS,
    Faults,
    NothingToBreakError,
)
from botwatch.metrics import ErrorType, Metrics

_log = logging.getLogger(__name__)

_METHODS = ["GET", "POST"]
_PREFIX = "/test-"
"""How the paths of all drills begin."""
_HANG_SECONDS = 15
_GROWTH_MEBIBYTES = 64
_GROWTH_SECONDS = 120


def create(metrics: Metrics, token: str, faults: Faults) -> Blueprint:
    """Return the drill endpoints for those who send `Authorization: Bearer <token>`."""
    drills = Blueprint("drills", __name__)
    expected = f"Bearer {token}".encode()

    # Of the whole application: a method that no drill takes would be refused before the drills'.
    @drills.before_app_request
    def only_with_token() -> None:
        if not request.path.startswith(_PREFIX):
            return
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, expected):
            abort(404)

    @drills.errorhandler(NothingToBreakError)
    def nothing_to_break(error: NothingToBreakError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 503

    @drills.route("/test-error", methods=_METHODS)
    def count_an_error() -> Response:
        metrics.errors.labels(ErrorType.DRILL).inc()
        _log.warning("drill: counted an error")
        return jsonify(counted=str(ErrorType.DRILL))

    @drills.route("/test-crash", methods=_METHODS)
    def crash() -> Response:
        _log.critical("drill: ending the process immediately")
        faults.crash()
        return jsonify(ended=True)

    @drills.route("/test-hang", methods=_METHODS)
    def hang() -> Response:
        seconds = _number("seconds", _HANG_SECONDS, 1, MAX_HANG_SECONDS)
        _log.critical("drill: blocking the event loop for %d s", seconds)
        faults.hang(seconds)
        return jsonify(hangs_for_seconds=seconds)

    @drills.route("/test-memory", methods=_METHODS)
    def grow() -> Response:
        mebibytes = _number("mebibytes", _GROWTH_MEBIBYTES, 0, MAX_GROWTH_MEBIBYTES)
        seconds = _number("seconds", _GROWTH_SECONDS, 1, MAX_GROWTH_SECONDS)
        _log.warning("drill: allocating %d MiB within %d s", mebibytes, seconds)
        faults.grow(mebibytes, seconds)
        return jsonify(grows_by_mebibytes=mebibytes, within_seconds=seconds)

    @drills.route("/test-gateway-drop", methods=_METHODS)
    def drop_the_gateway() -> Response:
        count = faults.drop_gateway()
        _log.warning("drill: dropped %d connections to the gateway", count)
        return jsonify(dropped_connections=count)

    return drills


def _number(name: str, usual: int, least: int, most: int) -> int:
    """Return a number that was asked for, or the usual one.

    Raises:
        HTTPException: what was asked for is no whole number within the bounds.
    """
    asked = request.args.get(name, str(usual))
    short = asked.isascii() and asked.isdigit() and len(asked) <= len(str(most))
    if not short or not least <= int(asked) <= most:
        abort(400, f"{name} must be a whole number from {least} to {most}")
    return int(asked)
