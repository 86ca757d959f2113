"""All dashboards."""

from __future__ import annotations

from botwatch_dashboards.boards.alerting import ALERTING
from botwatch_dashboards.boards.bot import BOT
from botwatch_dashboards.boards.cluster import CLUSTER
from botwatch_dashboards.boards.node import NODE

BOARDS = (BOT, NODE, CLUSTER, ALERTING)
