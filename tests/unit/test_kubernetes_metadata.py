"""What is kept of an object that is replaced: what others have added, and nothing of this stack."""

from __future__ import annotations

from typing import Any

from plugins.plugin_utils.kubernetes.objects import with_metadata_of


def workload(**annotations: str) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "web", "annotations": annotations},
        "spec": {"template": {"metadata": {"annotations": annotations}}},
    }


def test_annotations_of_others_stay_and_dropped_ones_of_this_stack_go() -> None:
    restarted = {"kubectl.kubernetes.io/restartedAt": "2026-01-02T03:04:05Z"}
    live = workload(**restarted, **{"botwatch/dropped": "x", "botwatch/secrets": "old"})
    kept = with_metadata_of(live, workload(**{"botwatch/secrets": "new"}))
    wanted = {**restarted, "botwatch/secrets": "new"}
    assert kept["metadata"]["annotations"] == wanted
    assert kept["spec"]["template"]["metadata"]["annotations"] == wanted
