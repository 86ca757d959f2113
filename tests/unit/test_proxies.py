"""Which proxy an address is reached through."""

from __future__ import annotations

import pytest
from plugins.plugin_utils.inputs import RoleInputs, wrong_shapes
from plugins.plugin_utils.proxies import proxy_for

from repo.roles import REPOSITORY, Role

PLAIN, SECURE = "http://plain:3128", "http://secure:3128"


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://example.test/x", PLAIN),
        ("https://example.test/x", SECURE),
        ("wss://gateway.example.test", SECURE),
        ("ws://gateway.example.test", PLAIN),
        ("http://localhost:8008/api", ""),
        ("http://127.0.0.7:8008/api", ""),
        ("http://[::1]:8008/api", ""),
    ],
)
def test_the_scheme_decides_and_loopback_is_direct(url: str, proxy: str) -> None:
    assert proxy_for(url, PLAIN, SECURE, "") == proxy


@pytest.mark.parametrize(
    ("exceptions", "url", "direct"),
    [
        ("example.test", "https://example.test", True),
        ("example.test", "https://hooks.example.test", True),
        ("example.test", "https://counterexample.test", False),
        (".example.test", "https://hooks.example.test", True),
        (".example.test", "https://example.test", False),
        ("*.example.test", "https://hooks.example.test", True),
        ("other.test, EXAMPLE.test", "https://Hooks.Example.Test", True),
        ("example.test:8443", "https://example.test:8443", True),
        ("example.test:8443", "https://example.test", False),
        ("10.0.0.0/8", "https://10.1.2.3:8080/x", True),
        ("10.0.0.0/8", "https://11.1.2.3/x", False),
        ("10.1.2.3", "https://10.1.2.3/x", True),
        ("10.1.2.3:443", "https://10.1.2.3/x", True),
        ("fd00::/8", "https://[fd00::1]/x", True),
        ("*", "https://example.test", True),
        ("", "https://example.test", False),
    ],
)
def test_exceptions_are_those_of_go(exceptions: str, url: str, *, direct: bool) -> None:
    assert (proxy_for(url, PLAIN, SECURE, exceptions) == "") is direct


def test_without_a_proxy_all_is_direct() -> None:
    assert proxy_for("https://example.test", PLAIN, "", "") == ""


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("", True),
        ("http://proxy.example.test:3128", True),
        ("http://proxy:3128/", True),
        ("http://[fd00::1]:3128", True),
        ("http://user:p%40ss@proxy:3128", True),
        ("proxy:3128", False),
        ("http://proxy", False),
        ("https://proxy:3128", False),
        ("socks5://proxy:1080", False),
        ("http://user:p@ss@proxy:3128", False),
        ('http://user:p"ss@proxy:3128', False),
        ("http://proxy:3128 ", False),
        ("http://us%2Fer:p%23%3F%25ss@proxy:65535", True),
        ("http://user:!&()*+,;=:-._~@proxy:1", True),
        ("http://user:@proxy:3128", True),
        ("http://user:p#ss@proxy:3128", False),
        ("http://user:p?ss@proxy:3128", False),
        ("http://user:p%ss@proxy:3128", False),
        ("http://user:p%4@proxy:3128", False),
        ("http://user:p[ss@proxy:3128", False),
        ("http://user:p]ss@proxy:3128", False),
        ("http://us<er>:pass@proxy:3128", False),
        ("http://us|er:pass@proxy:3128", False),
        ("http://user:pä@proxy:3128", False),
        ("http://us#er@proxy:3128", False),
        ("http://proxy:0", False),
        ("http://proxy:65536", False),
        ("http://proxy:99999", False),
    ],
)
def test_the_address_of_a_proxy_has_a_shape(address: str, *, fits: bool) -> None:
    assert is_sound("botwatch_http_proxy", address) is fits


@pytest.mark.parametrize(
    ("exceptions", "fits"),
    [
        ("", True),
        (".example.test, 10.0.0.0/8,mirror.example.test:8080", True),
        ("[fd00::1]:8080, fd00::/8 *", True),
        (",a,", True),
        ("[a.example.test,b.example.test]", False),
        ("[fd00::1, b]", False),
        ("a;b", False),
        ("a" * 5000 + "!", False),
    ],
)
def test_exceptions_have_a_shape(exceptions: str, *, fits: bool) -> None:
    assert is_sound("botwatch_no_proxy", exceptions) is fits


def is_sound(variable: str, value: str) -> bool:
    role = Role(REPOSITORY / "roles/botwatch")
    inputs = RoleInputs("botwatch", role.options, role.input_checks)
    return wrong_shapes(inputs, {variable: value}) == []
