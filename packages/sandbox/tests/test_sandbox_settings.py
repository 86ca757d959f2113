from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from botwatch_sandbox.environment import SettingsError
from botwatch_sandbox.settings import load_secrets, load_settings

if TYPE_CHECKING:
    from pathlib import Path

HOOK = "http://127.0.0.1:8008/services/T0DEMO/B0DEMO/key"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A complete and correct environment."""
    for name, content in (("token", "the-token\n"), ("hook", HOOK + "\n"), ("drill", "the-drill")):
        (tmp_path / name).write_text(content)
    monkeypatch.setenv("SANDBOX_DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("SANDBOX_SLACK_WEBHOOK_URL_FILE", str(tmp_path / "hook"))
    return tmp_path


def test_the_defaults_are_the_nodes() -> None:
    settings = load_settings()
    assert (str(settings.listen_address), settings.listen_port) == ("127.0.0.1", 8008)
    assert settings.bot_url == "http://127.0.0.1:8000"
    assert settings.prometheus_url == "http://127.0.0.1:9090"
    assert settings.alertmanager_url == "http://127.0.0.1:9093"
    secrets = load_secrets(settings)
    assert secrets.discord_token == "the-token"
    assert secrets.slack_path == "/services/T0DEMO/B0DEMO/key"
    assert secrets.drill_token is None


def test_everything_can_be_set(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LISTEN_ADDRESS": "::1",
        "LISTEN_PORT": "9999",
        "DRILL_TOKEN_FILE": str(files / "drill"),
        "BOT_URL": "http://localhost:1/",
        "PROMETHEUS_URL": "https://prometheus.example/base/",
        "ALERTMANAGER_URL": "http://[::1]:9093",
        "TLS_PORT": "8443",
        "GRANTED_INTENTS": "members, presences",
        "SUGGESTIONS": "?ping,?add 1 2",
    }.items():
        monkeypatch.setenv(f"SANDBOX_{name}", value)
    settings = load_settings()
    assert (str(settings.listen_address), settings.listen_port) == ("::1", 9999)
    assert settings.bot_url == "http://localhost:1"
    assert settings.prometheus_url == "https://prometheus.example/base"
    assert settings.listen_url == "http://[::1]:9999"
    assert settings.tls_port == 8443
    assert settings.suggestions == ("?ping", "?add 1 2")
    assert settings.granted_intents == {"members", "presences"}
    assert load_secrets(settings).drill_token == "the-drill"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DRILL_TOKEN_FILE", "")
    assert load_settings().drill_token_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN_ADDRESS", "localhost"),
        ("LISTEN_PORT", "0"),
        ("LISTEN_PORT", "65536"),
        ("LISTEN_PORT", "http"),
        ("GUILDS", "100001"),
        ("MEMBERS", "1"),
        ("SHARDS", "17"),
        ("BOT_URL", "127.0.0.1:8000"),
        ("BOT_URL", "ftp://127.0.0.1"),
        ("PROMETHEUS_URL", "http://"),
        ("PROMETHEUS_URL", "http://127.0.0.1:99999"),
        ("ALERTMANAGER_URL", "http://127.0.0.1/?x=1"),
        ("DISCORD_TOKEN_FILE", ""),
        ("SLACK_WEBHOOK_URL_FILE", ""),
        ("TLS_PORT", "0"),
        ("GRANTED_INTENTS", "everything"),
        ("LISTEN_PROT", "1"),
        ("NONSENSE", "1"),
    ],
)
def test_a_bad_variable_is_named_with_cause_and_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SANDBOX_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert sentence.startswith(f"SANDBOX_{name} ")
    assert (sentence.count("; "), sentence[-1], "\n" in sentence) == (1, ".", False)


def test_a_misspelt_variable_gets_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_LISTEN_PROT", "1")
    with pytest.raises(SettingsError, match="perhaps SANDBOX_LISTEN_PORT is meant"):
        load_settings()


@pytest.mark.parametrize(
    "content", [b"", b"  \n", b"two words", b"x" * 5000, "tökén".encode(), b"\xff"]
)
@pytest.mark.parametrize("name", ["token", "hook"])
def test_a_bad_secret_file_is_named_without_its_content(
    files: Path, name: str, content: bytes
) -> None:
    (files / name).write_bytes(content)
    with pytest.raises(SettingsError, match=str(files / name)) as caught:
        load_secrets(load_settings())
    assert "words" not in str(caught.value)


def test_a_missing_secret_file_is_named(files: Path) -> None:
    (files / "token").unlink()
    with pytest.raises(SettingsError, match=r"SANDBOX_DISCORD_TOKEN_FILE .* cannot be read"):
        load_secrets(load_settings())


@pytest.mark.parametrize(
    "url",
    [
        "hooks.slack.com/services/T0/B0/x",
        "http://127.0.0.1:8008/services/T0DEMO/B0DEMO",
        "http://127.0.0.1:8008/hooks/T0DEMO/B0DEMO/key",
        "http://127.0.0.1:8008/services/T0DEMO/B0DEMO/key?x=1",
        "http://127.0.0.1:99999/services/T0DEMO/B0DEMO/key",
    ],
)
def test_what_is_no_webhook_is_refused(files: Path, url: str) -> None:
    (files / "hook").write_text(url)
    with pytest.raises(SettingsError, match="does not hold a webhook's URL"):
        load_secrets(load_settings())


def test_without_a_certificate_there_is_no_tls() -> None:
    assert load_settings().tls() is None


@pytest.mark.parametrize(
    ("content", "cause"),
    [({"cert": "none"}, "set only in part"), ({"cert": "none", "key": "none"}, "cannot be used")],
)
def test_a_bad_certificate_is_named(
    files: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, str], cause: str
) -> None:
    variables = {"cert": "SANDBOX_TLS_CERTIFICATE_FILE", "key": "SANDBOX_TLS_KEY_FILE"}
    for name, text in content.items():
        (files / name).write_text(text)
        monkeypatch.setenv(variables[name], str(files / name))
    with pytest.raises(SettingsError, match=f"SANDBOX_TLS_.* {cause}"):
        load_settings().tls()
