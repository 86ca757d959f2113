"""The Flask application: which path answers what."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from prometheus_client.exposition import choose_encoder
from werkzeug.exceptions import HTTPException

from botwatch.metrics import ErrorType, Metrics
from botwatch.web import drills

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from botwatch.faults import Faults
    from botwatch.health import Health

_log = logging.getLogger(__name__)


def create_app(
    health: Health, metrics: Metrics, drill_token: str | None, faults: Faults
) -> WSGIApplication:
    """Return the application; without a drill token there are no drill endpoints."""
    app = Flask("botwatch", static_folder=None)
    _add_probes(app, health)
    _add_metrics(app, metrics)
    _add_errors(app, metrics)
    if drill_token is not None:
        app.register_blueprint(drills.create(metrics, drill_token, faults))
    return app


def _add_metrics(app: Flask, metrics: Metrics) -> None:
    @app.get("/metrics")
    def scrape() -> Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        # With ?name[]=…, those metrics alone.
        names = request.args.getlist("name[]")
        registry = metrics.registry.restricted_registry(names) if names else metrics.registry
        return Response(encode(registry), headers={"Content-Type": content_type})


def _add_probes(app: Flask, health: Health) -> None:
    @app.get("/livez")
    def livez() -> Response:
        return _verdict(health.live_report())

    @app.get("/readyz")
    def readyz() -> Response:
        return _verdict(health.ready_report())

    @app.get("/health")
    def full() -> Response:
        return _verdict(health.full_report())


def _add_errors(app: Flask, metrics: Metrics) -> None:
    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description or error.name), error.code or 500

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[Response, int]:
        metrics.errors.labels(ErrorType.WEB).inc()
        _log.error("request failed", exc_info=error)
        return jsonify(error="The bot could not answer; its log says why."), 500


def _verdict(report: dict[str, Any]) -> Response:
    response = jsonify(report)
    response.status_code = 503 if report["reasons"] else 200
    response.headers["Cache-Control"] = "no-store"
    return response
