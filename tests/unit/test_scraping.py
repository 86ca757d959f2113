"""What users add to Prometheus' configuration is checked for what promtool cannot know."""

from __future__ import annotations

from typing import Any

import pytest
from plugins.plugin_utils.addresses import ANYWHERE, Endpoint
from plugins.plugin_utils.scraping import endpoints, faults

DIRECTORY = "/etc/prometheus/secrets"
OWN = ["node", "discord-bot"]
WEB = {"job_name": "web", "static_configs": [{"targets": ["192.0.2.7:9100"]}]}
PROBE = {
    "job_name": "probe",
    "metrics_path": "/probe",
    "static_configs": [{"targets": ["https://example.org", "https://example.com:8443"]}],
    "relabel_configs": [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"target_label": "__address__", "replacement": "127.0.0.1:9115"},
    ],
}


def said(
    configs: list[Any] | None = None, writes: list[Any] | None = None, secrets: tuple[str, ...] = ()
) -> str:
    given = dict.fromkeys(secrets, "x")
    return "\n".join(faults(configs or [], writes or [], given, DIRECTORY, OWN))


def test_what_is_sound_is_let_through() -> None:
    given = {**WEB, "authorization": {"credentials_file": f"{DIRECTORY}/api"}}
    write = {"url": "https://example.org", "basic_auth": {"password_file": "/etc/other"}}
    assert said([given, PROBE], [write], secrets=("api",)) == ""


@pytest.mark.parametrize(
    ("configs", "words"),
    [
        ([{"static_configs": []}], "entry 1 has no job_name"),
        ([WEB, {**WEB, "job_name": ""}], "entry 2 has no job_name"),
        ([{**WEB, "job_name": 7}], "entry 1 has no job_name"),
        ([{**WEB, "job_name": "node"}], "botwatch has a job node itself"),
        ([WEB, WEB], "two jobs are named web: rename one of them."),
    ],
)
def test_jobs_need_names_of_their_own(configs: list[Any], words: str) -> None:
    assert words in said(configs)


@pytest.mark.parametrize(
    ("options", "path", "instead"),
    [
        ({"basic_auth": {"password": "x"}}, "basic_auth.password", "password_file"),
        ({"authorization": {"credentials": "x"}}, "authorization.credentials", "credentials_file"),
        ({"bearer_token": "x"}, "bearer_token", "authorization with credentials_file"),
        ({"oauth2": {"client_secret": "x"}}, "oauth2.client_secret", "client_secret_file"),
        ({"tls_config": {"key": "x"}}, "tls_config.key", "key_file"),
        ({"proxy_url": "http://user:pw@proxy:1"}, "proxy_url", "basic_auth with password_file"),
        (
            {"consul_sd_configs": [{"server": "x", "token": "y"}]},
            "consul_sd_configs.token",
            "authorization with credentials_file",
        ),
        (
            {"http_headers": {"X-Key": {"secrets": ["x"]}}},
            "http_headers.X-Key.secrets",
            "http_headers with files",
        ),
        (
            {"http_sd_configs": [{"basic_auth": {"password": "x"}}]},
            "http_sd_configs.basic_auth.password",
            "password_file",
        ),
    ],
)
def test_a_secret_in_the_configuration_is_refused(
    options: dict[str, Any], path: str, instead: str
) -> None:
    text = said([{**WEB, **options}])
    assert text.startswith(f"prometheus_scrape_configs.web.{path} holds a secret")
    assert f"use {instead} instead" in text
    assert "prometheus_remote_write" in said(writes=[options])


def test_what_users_name_themselves_is_no_secret() -> None:
    labels = {"static_configs": [{"targets": [], "labels": {"key": "a", "password": "b"}}]}
    assert said([{**WEB, **labels, "params": {"token": ["x"], "key": ["y"]}}]) == ""


def test_a_secret_that_is_not_given_is_named() -> None:
    given = {**WEB, "authorization": {"credentials_file": f"{DIRECTORY}/api"}}
    assert "prometheus_secret_files has no api: add it there" in said([given], secrets=("apis",))


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (WEB, [Endpoint("192.0.2.7/32", 9100)]),
        ({**WEB, "static_configs": [{"targets": ["web.example.org"]}]}, [Endpoint(ANYWHERE, 80)]),
        (
            {"scheme": "https", "static_configs": [{"targets": ["[2001:db8::7]", "a:1"]}]},
            [Endpoint(ANYWHERE, 1), Endpoint("2001:db8::7/128", 443)],
        ),
        (PROBE, [Endpoint("127.0.0.1/32", 9115)]),
        ({**WEB, "proxy_url": "http://10.0.0.1:3128"}, [Endpoint("10.0.0.1/32", 3128)]),
        ({"http_sd_configs": [{"url": "https://sd.example.org/x"}]}, [Endpoint(ANYWHERE, 443)]),
        ({"dns_sd_configs": [{"names": ["x"]}]}, []),
        ({"static_configs": None, "relabel_configs": None}, []),
        ({"static_configs": [{"targets": ["host:port", "a:99999", "", None]}]}, []),
        (
            {"oauth2": {"token_url": "https://id.example.org:8443/token"}},
            [Endpoint(ANYWHERE, 8443)],
        ),
    ],
)
def test_whom_a_job_asks_is_known(config: dict[str, Any], found: list[Endpoint]) -> None:
    assert endpoints([config], []) == found


def test_whom_a_remote_write_reaches_is_known() -> None:
    writes = [{"url": "https://a.example.org/w"}, {"url": "http://10.0.0.9:9090/w"}]
    assert endpoints([], writes) == [Endpoint(ANYWHERE, 443), Endpoint("10.0.0.9/32", 9090)]
