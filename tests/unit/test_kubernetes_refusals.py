"""Why the API server refuses an object, in words."""

from __future__ import annotations

from plugins.plugin_utils.kubernetes.refusals import differing_fields


def test_the_fields_that_differ_are_those_that_are_declared() -> None:
    declared = {"spec": {"a": 1, "b": [{"c": 2}], "template": {"x": 1}}, "metadata": {"x": 1}}
    live = {"spec": {"a": 2, "b": [{"c": 3, "d": 4}], "e": 5}, "status": {}}
    assert differing_fields(declared, live) == ["spec.a", "spec.b[0].c"]
    assert differing_fields({"spec": {"b": []}}, live) == ["spec.b"]
