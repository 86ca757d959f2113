"""Words that several rows about the node have in common."""

from __future__ import annotations

from botwatch_dashboards.texts import Text

NO_NODE = Text("The node exporter does not respond.", "노드 익스포터가 응답하지 않습니다.")
