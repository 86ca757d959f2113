"""The example inventory, which people copy."""

from __future__ import annotations

import re

import pytest
import yaml
from plugins.plugin_utils.inputs import RoleInputs, wrong_shapes, wrong_types

from repo.roles import REPOSITORY, ROLES

EXAMPLE = REPOSITORY / "inventory/example/group_vars/all"
TEXT = (EXAMPLE / "main.yml").read_text(encoding="utf-8")
# What a user gets who removes the `#` in front of each variable.
SETTINGS = yaml.safe_load(re.sub(r"(?m)^# (?=[a-z0-9_]+: )", "", TEXT))
DEFAULTS = {name: value for role in ROLES for name, value in role.defaults.items()}


def test_the_example_sets_nothing_by_itself() -> None:
    assert yaml.safe_load(TEXT) is None
    assert len(SETTINGS) > 10


@pytest.mark.parametrize("name", SETTINGS)
def test_the_example_shows_sound_values_other_than_the_defaults(name: str) -> None:
    assert SETTINGS[name] != DEFAULTS[name]
    (role,) = [role for role in ROLES if name in role.options]
    inputs = RoleInputs(role.name, {name: role.options[name]}, role.input_checks)
    assert wrong_types(inputs, SETTINGS) == []
    # An address of a proxy has to be the user's own.
    if not name.endswith("_proxy"):
        assert wrong_shapes(inputs, SETTINGS) == []


def test_everything_is_in_english_and_in_utc_at_first() -> None:
    languages = {
        name: DEFAULTS[name] for name in DEFAULTS if name.endswith(("_language", "_locale"))
    }
    assert languages == dict.fromkeys(
        ("alertmanager_language", "discord_bot_locale", "grafana_language"), "en"
    )
    zones = {DEFAULTS[name] for name in DEFAULTS if name.endswith("_timezone")}
    assert zones == {"UTC"}


def test_get_started_names_what_the_example_holds() -> None:
    page = (REPOSITORY / "docs/get-started.md").read_text(encoding="utf-8")
    for secret in ("vault_discord_bot_token", "vault_slack_webhook_url"):
        assert secret in page
        assert secret in (EXAMPLE / "vault.example.yml").read_text(encoding="utf-8")


def test_the_invitation_asks_for_what_the_bot_does() -> None:
    view, send, send_in_threads = 1 << 10, 1 << 11, 1 << 38
    page = (REPOSITORY / "docs/get-started.md").read_text(encoding="utf-8")
    assert f"&permissions={view | send | send_in_threads}\n" in page
