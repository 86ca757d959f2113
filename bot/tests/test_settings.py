"""Settings: defaults, every kind of mistake, and the secret files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from botwatch import ExitCode, FatalError
from botwatch_bot import settings as module
from botwatch_bot.secret_files import load_secrets
from botwatch_bot.settings import Settings, load

README = Path(__file__).parents[1] / "README.md"


def problems() -> tuple[str, ...]:
    """Return what `load` finds wrong with the environment."""
    with pytest.raises(FatalError) as refused:
        load()
    assert refused.value.code is ExitCode.BAD_SETTINGS
    return refused.value.problems


def test_defaults(settings: Settings) -> None:
    assert settings.prefix == "?"
    assert settings.zone.key == "UTC"
    assert settings.discord_api_url is None
    assert settings.proxy_file is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("PREFIX", "bw!", "bw!"),
        ("TIMEZONE", "europe/paris", "Europe/Paris"),
        ("LOCALE", "ko", "ko"),
        ("LOCALE", "", "en"),
        ("PROXY_FILE", "/some/file", Path("/some/file")),
        ("USER_COMMANDS_PER_MINUTE", "0", 0),
        ("OPERATOR_ROLE", "1042734857243561984", 1042734857243561984),
        (
            "PROMETHEUS_URL",
            "http://prometheus.monitoring:9090/",
            "http://prometheus.monitoring:9090",
        ),
        ("ALERTMANAGER_URL", "https://alerts.example/path", "https://alerts.example/path"),
    ],
)
def test_values_are_taken_and_empty_ones_mean_the_default(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    del settings
    monkeypatch.setenv(f"BOT_{name}", text)
    assert getattr(load(), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PREFIX", "has space"),
        ("PREFIX", "`"),
        ("PREFIX", "bot"),
        ("PREFIX", "??????"),
        ("TIMEZONE", "Atlantis"),
        ("TIMEZONE", "../../etc/passwd"),
        ("LOCALE", "fr"),
        ("USER_COMMANDS_PER_MINUTE", "-1"),
        ("USER_COMMANDS_PER_MINUTE", "10001"),
        ("USER_COMMANDS_PER_MINUTE", "sixty"),
        ("USER_COMMANDS_PER_MINUTE", "٦٠"),
        ("OPERATOR_ROLE", "operators"),
        ("OPERATOR_ROLE", "0"),
        ("PROMETHEUS_URL", "prometheus:9090"),
        ("ALERTMANAGER_URL", "http://x.example/?a=b"),
    ],
)
def test_an_invalid_value_is_one_line_with_name_value_and_remedy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    del settings
    monkeypatch.setenv(f"BOT_{name}", text)
    (problem,) = problems()
    assert problem.startswith(f"BOT_{name} is {text!r}; it must be ")
    assert "\n" not in problem


@pytest.mark.parametrize(
    "api",
    [
        "127.0.0.1:8008",
        "ftp://127.0.0.1",
        "http://discord.example/api",
        "http://203.0.114.1/api",
        "http://127.0.0.1/api?x=1",
        "http://",
    ],
)
def test_a_token_leaves_the_machine_only_under_tls(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    del settings
    monkeypatch.setenv("BOT_DISCORD_API_URL", api)
    monkeypatch.setenv("BOT_DISCORD_GATEWAY_URL", "ws://127.0.0.1:1/gateway")
    (problem,) = problems()
    assert problem.startswith(f"BOT_DISCORD_API_URL is {api!r}")


@pytest.mark.parametrize(
    ("api", "gateway"),
    [
        ("http://127.0.0.1:8008/api/v10/", "ws://127.0.0.1:8008/gateway"),
        ("http://localhost:8008/api/v10", "ws://[::1]:8008/gateway"),
        ("http://10.0.0.1:8008/api/v10", "ws://10.0.0.1:8008/gateway"),
        ("https://stand-in.example/api/v10", "wss://stand-in.example/gateway"),
    ],
)
def test_a_stand_in_is_two_addresses(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, api: str, gateway: str
) -> None:
    del settings
    monkeypatch.setenv("BOT_DISCORD_API_URL", api)
    monkeypatch.setenv("BOT_DISCORD_GATEWAY_URL", gateway)
    assert load().discord_api_url == api.rstrip("/")
    assert load().discord_gateway_url == gateway


@pytest.mark.parametrize("name", ["BOT_DISCORD_API_URL", "BOT_DISCORD_GATEWAY_URL"])
def test_half_a_stand_in_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    del settings
    monkeypatch.setenv(name, "https://x.example" if "API" in name else "wss://x.example")
    (problem,) = problems()
    assert problem.endswith("belong together; set both or neither")


def test_a_missing_token_file_variable_is_named() -> None:
    (problem,) = problems()
    assert problem == (
        "BOT_DISCORD_TOKEN_FILE is not set; "
        "it must be the absolute path of a file that holds the bot's token"
    )


def test_a_token_in_place_of_its_file_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_DISCORD_TOKEN_FILE", "MTIz.secret.token")
    (problem,) = problems()
    assert "secret" not in problem


def test_a_token_in_the_environment_is_refused_and_not_repeated(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del settings
    monkeypatch.setenv("BOT_DISCORD_TOKEN", "MTIz.secret.token")
    (problem,) = problems()
    assert problem == (
        "BOT_DISCORD_TOKEN is not a setting; "
        "put the value in a file and name the file in BOT_DISCORD_TOKEN_FILE"
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("BOT_PREFFIX", "did you mean BOT_PREFIX?"),
        ("BOT_XYZ", "remove it from the environment"),
    ],
)
def test_an_unknown_variable_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, remedy: str
) -> None:
    del settings
    monkeypatch.setenv(name, "1")
    assert problems() == (f"{name} is not a setting; {remedy}",)


def test_all_problems_are_reported_together(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del settings
    monkeypatch.setenv("BOT_LOCALE", "x")
    monkeypatch.setenv("BOT_TIMEZONE", "x")
    monkeypatch.setenv("BOT_NOPE", "x")
    assert len(problems()) == 3


class TestSecrets:
    def test_are_read_without_the_line_end(self, settings: Settings) -> None:
        secrets = load_secrets(settings)
        assert secrets.discord_token == "a.test.token"
        assert secrets.proxy is None
        assert secrets.proxy_password is None

    def test_are_in_no_representation(self, settings: Settings) -> None:
        assert "a.test.token" not in repr(load_secrets(settings))

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "it holds nothing"),
            (b" \n", "it holds nothing"),
            (b"two words", "several words or lines"),
            (b"two\nlines", "several words or lines"),
            ("tökén".encode(), "plain ASCII"),
        ],
    )
    def test_a_file_must_hold_one_word(
        self, settings: Settings, token_file: Path, content: bytes, why: str
    ) -> None:
        token_file.write_bytes(content)
        with pytest.raises(FatalError, match=why) as refused:
            load_secrets(settings)
        assert refused.value.code is ExitCode.BAD_SETTINGS
        assert str(token_file) in str(refused.value)

    def test_a_file_that_is_not_there_is_named(self, settings: Settings, token_file: Path) -> None:
        token_file.unlink()
        with pytest.raises(FatalError, match=r"BOT_DISCORD_TOKEN_FILE: .*No such file"):
            load_secrets(settings)

    def test_a_proxy_is_read_with_its_password(self, settings: Settings, tmp_path: Path) -> None:
        file = tmp_path / "proxy"
        file.write_text("http://bot:ses%40me@proxy.example.test:3128\n")
        secrets = load_secrets(replace(settings, proxy_file=file))
        assert secrets.proxy == "http://bot:ses%40me@proxy.example.test:3128"
        assert secrets.proxy_password == "ses%40me"
        assert "ses%40me" not in repr(secrets)

    @pytest.mark.parametrize(
        "address", ["proxy.example.test:3128", "https://proxy:3128", "http://secret", "http://p:x"]
    )
    def test_a_file_without_a_proxy_is_named_and_not_shown(
        self, settings: Settings, tmp_path: Path, address: str
    ) -> None:
        file = tmp_path / "proxy"
        file.write_text(address)
        with pytest.raises(FatalError, match=r"BOT_PROXY_FILE: .*no address of an HTTP") as refused:
            load_secrets(replace(settings, proxy_file=file))
        assert address not in str(refused.value)

    def test_a_directory_in_place_of_a_file_is_named(
        self, settings: Settings, token_file: Path
    ) -> None:
        token_file.unlink()
        token_file.mkdir()
        with pytest.raises(FatalError, match="Is a directory"):
            load_secrets(settings)


def test_the_readme_lists_every_setting() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in module.variables() if f"`{name}`" not in text] == []
