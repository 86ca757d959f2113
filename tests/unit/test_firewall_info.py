"""The module firewall_info, on what ufw and firewalld print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.modules.firewall_info import forward_policy, gather, parse_end, parse_rules

Data = dict[str, Any]
PODS, SERVICES = "10.42.0.0/16", "10.43.0.0/16"
NETWORKS: Data = {"networks": [PODS, SERVICES], "interfaces": ["cni0"], "ports": []}
# As ufw 0.36.2 printed it.
STATUS = """\
Status: active
Logging: on (low)
Default: {incoming} (incoming), {outgoing} (outgoing), deny (routed)
New profiles: skip

To                         Action      From
--                         ------      ----
{rules}
"""
EVERY_KIND = """\
22/tcp                     ALLOW IN    Anywhere
Anywhere                   ALLOW IN    10.42.0.0/16               # pods
8000:8010/tcp              ALLOW IN    Anywhere                   (log)
Anywhere on cni0           ALLOW IN    Anywhere
8472/udp                   ALLOW IN    192.0.2.7
6443/tcp                   LIMIT IN    Anywhere
192.0.2.1 53/udp           ALLOW IN    10.0.0.0/8 53/udp
22/tcp (OpenSSH)           ALLOW IN    Anywhere
22/tcp (OpenSSH (v6))      ALLOW IN    Anywhere (v6)
Anywhere (v6) on cni0      ALLOW IN    Anywhere (v6)
80,443/tcp                 ALLOW IN    2001:db8::/32

10.43.0.0/16               DENY OUT    Anywhere

10.42.0.0/16 on cni0       ALLOW FWD   Anywhere on eth0"""


def status(*rules: str, incoming: str = "deny", outgoing: str = "allow") -> str:
    return STATUS.format(incoming=incoming, outgoing=outgoing, rules="\n".join(rules))


def rule(to: str, action: str, source: str) -> str:
    """Lay a rule out as ufw does."""
    return f"{to:<26} {action:<12}{source:<26}"


def missing(said: str, root: Path = Path("/nowhere"), **more: object) -> list[str] | None:
    def ask(command: list[str]) -> str | None:
        return said if command == ["ufw", "status", "verbose"] else None

    return gather(root, {**NETWORKS, **more}, ask).get("ufw")


def test_every_kind_of_rule_is_read() -> None:
    rules = parse_rules(status(EVERY_KIND))
    assert len(rules) == 13
    assert [rule.action for rule in rules].count("ALLOW") == 11
    assert {rule.direction for rule in rules} == {"IN", "OUT", "FWD"}
    assert rules[2].to.ports == (range(8000, 8011),)
    assert rules[3].to.interface == "cni0"
    assert str(rules[4].source.network) == "192.0.2.7/32"
    assert str(rules[6].source.network) == "10.0.0.0/8"
    assert (rules[10].to.ports, rules[10].to.protocol) == ((range(80, 81), range(443, 444)), "tcp")
    assert rules[12].source.interface == "eth0"


@pytest.mark.parametrize("text", ["Anywhere", "Anywhere/tcp", "Anywhere on eth0"])
def test_anywhere_is_every_address(text: str) -> None:
    assert parse_end(text).network is None


def test_a_bare_firewall_lacks_both_networks() -> None:
    assert missing(status(rule("22/tcp", "ALLOW IN", "Anywhere"))) == [
        "ufw allow from 10.42.0.0/16 to any",
        "ufw allow from 10.43.0.0/16 to any",
    ]


def test_an_inactive_or_absent_firewall_lacks_nothing() -> None:
    assert missing("Status: inactive\n") is None
    assert gather(Path("/nowhere"), NETWORKS, lambda _: None) == {}


ENOUGH: dict[str, str] = {
    "as documented": status(
        rule("Anywhere", "ALLOW IN", PODS), rule("Anywhere", "ALLOW IN", SERVICES)
    ),
    "a larger network": status(rule("Anywhere", "ALLOW IN", "10.0.0.0/8")),
    "everything": status(rule("Anywhere", "ALLOW IN", "Anywhere")),
    "the pods' interface": status(rule("Anywhere on cni0", "ALLOW IN", "Anywhere")),
    "allowed unless forbidden": status(incoming="allow"),
    "allowed before a refusal": status(
        rule("Anywhere", "ALLOW IN", "10.42.0.0/15"), rule("Anywhere", "DENY IN", "10.0.0.0/8")
    ),
    "another port is refused": status(
        rule("25/tcp", "DENY IN", "Anywhere"), rule("Anywhere", "ALLOW IN", "10.42.0.0/15")
    ),
}


@pytest.mark.parametrize("said", ENOUGH.values(), ids=ENOUGH)
def test_rules_that_let_the_networks_in_are_enough(said: str) -> None:
    assert missing(said) == []


NOT_ENOUGH: dict[str, str] = {
    "one port": rule("6443/tcp", "ALLOW IN", "Anywhere"),
    "one protocol": rule("Anywhere/tcp", "ALLOW IN", "Anywhere/tcp"),
    "a smaller network": rule("Anywhere", "ALLOW IN", "10.42.0.0/24"),
    "another interface": rule("Anywhere on eth0", "ALLOW IN", "Anywhere"),
    "another address of the host": rule("192.0.2.1", "ALLOW IN", "10.0.0.0/8"),
    "IPv6 only": rule("Anywhere (v6)", "ALLOW IN", "Anywhere (v6)"),
    "the other direction": rule("Anywhere", "ALLOW OUT", "10.0.0.0/8"),
    "forwarding": rule("Anywhere", "ALLOW FWD", "10.0.0.0/8"),
}


@pytest.mark.parametrize("line", NOT_ENOUGH.values(), ids=NOT_ENOUGH)
def test_other_rules_are_not_enough(line: str) -> None:
    assert missing(status(line)) == [
        "ufw allow from 10.42.0.0/16 to any",
        "ufw allow from 10.43.0.0/16 to any",
    ]


@pytest.mark.parametrize("action", ["DENY IN", "REJECT IN", "LIMIT IN"])
def test_a_refusal_that_comes_first_needs_a_rule_before_it(action: str) -> None:
    said = status(
        rule("Anywhere", action, "10.42.0.0/16"), rule("Anywhere", "ALLOW IN", "10.0.0.0/8")
    )
    assert missing(said) == ["ufw prepend allow from 10.42.0.0/16 to any"]


def test_changed_networks_are_asked_for() -> None:
    said = status(rule("Anywhere", "ALLOW IN", PODS))
    networks = ["10.100.0.0/16", "2001:db8:42::/56"]
    assert missing(said, networks=networks) == [
        "ufw allow from 10.100.0.0/16 to any",
        "ufw allow from 2001:db8:42::/56 to any",
    ]
    both = (rule("Anywhere", "ALLOW IN", network) for network in networks)
    assert missing(status(*both), networks=networks) == []


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.42"):
        missing(status(), networks=["10.42"])


def test_traffic_to_the_pods_must_leave_the_host() -> None:
    inward = rule("Anywhere", "ALLOW IN", "10.42.0.0/15")
    assert missing(status(inward, outgoing="deny")) == [
        "ufw allow out to 10.42.0.0/16",
        "ufw allow out to 10.43.0.0/16",
    ]
    outward = rule("10.42.0.0/15", "ALLOW OUT", "Anywhere")
    assert missing(status(inward, outward, outgoing="reject")) == []


def test_a_firewall_that_rejects_what_is_forwarded_needs_rules_for_that(tmp_path: Path) -> None:
    defaults = tmp_path / "etc/default/ufw"
    defaults.parent.mkdir(parents=True)
    inward = rule("Anywhere", "ALLOW IN", "10.42.0.0/15")
    defaults.write_text('# DEFAULT_FORWARD_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="DROP"\n')
    assert forward_policy(tmp_path) == "deny"
    assert missing(status(inward), tmp_path) == []
    defaults.write_text('DEFAULT_FORWARD_POLICY="REJECT"\n')
    assert missing(status(inward), tmp_path) == [
        "ufw route allow from 10.42.0.0/16 to any",
        "ufw route allow from 10.43.0.0/16 to any",
        "ufw route allow to 10.42.0.0/16",
        "ufw route allow to 10.43.0.0/16",
    ]
    routes = (
        rule("Anywhere", "ALLOW FWD", "10.42.0.0/15"),
        rule("10.42.0.0/15", "ALLOW FWD", "Anywhere"),
    )
    assert missing(status(inward, *routes), tmp_path) == []


PORTS = [
    {"port": 6443, "protocol": "tcp", "source": "192.0.2.7"},
    {"port": 8472, "protocol": "udp", "source": ""},
]


def test_ports_for_other_nodes_are_asked_for() -> None:
    inward = rule("Anywhere", "ALLOW IN", "10.42.0.0/15")
    assert missing(status(inward), ports=PORTS) == [
        "ufw allow from 192.0.2.7/32 to any port 6443 proto tcp",
        "ufw allow 8472/udp",
    ]
    ports = (rule("6443/tcp", "ALLOW IN", "192.0.2.7"), rule("8472/udp", "ALLOW IN", "192.0.2.9"))
    assert missing(status(inward, *ports), ports=PORTS) == []
    more = (rule("6000:7000/tcp", "ALLOW IN", "Anywhere"), rule("8472", "ALLOW IN", "Anywhere"))
    assert missing(status(inward, *more), ports=PORTS) == []
    wrong = (rule("6443/udp", "ALLOW IN", "Anywhere"), rule("8472/tcp", "ALLOW IN", "Anywhere"))
    assert len(missing(status(inward, *wrong), ports=PORTS) or []) == 2


def firewalld(answers: dict[str, str], **more: object) -> list[str] | None:
    answers = {"--state": "running\n", "--list-ports": "\n", **answers}

    def ask(command: list[str]) -> str | None:
        return answers.get(command[-1], "") if command[0] == "firewall-cmd" else None

    return gather(Path("/nowhere"), {**NETWORKS, **more}, ask).get("firewalld")


def test_firewalld_lacks_sources_and_ports() -> None:
    assert firewalld({"--state": ""}) is None
    trust = "firewall-cmd --permanent --zone=trusted --add-source="
    assert firewalld({}, ports=PORTS) == [
        f"{trust}{PODS}",
        f"{trust}{SERVICES}",
        f"{trust}192.0.2.7/32",
        "firewall-cmd --permanent --add-port=8472/udp",
        "firewall-cmd --reload",
    ]


def test_firewalld_has_sources_and_ports() -> None:
    sources = {"--list-sources": f"ipset:office {PODS} {SERVICES}\n"}
    assert firewalld(sources) == []
    assert firewalld({"--list-interfaces": "cni0\n"}) == []
    ports = {"--list-ports": "6443/tcp 8472/udp\n"}
    assert firewalld(sources | ports, ports=PORTS) == []
    assert firewalld({"--list-sources": "10.0.0.0/8 192.0.2.0/24\n"} | ports, ports=PORTS) == []
