"""Name the firewall rules that a host lacks, as commands to type.

Reads ufw and firewalld, and changes neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: firewall_info
short_description: Name the firewall rules that a host lacks
options:
  networks:
    description: Networks, in CIDR notation, whose traffic must reach the host.
    type: list
    elements: str
    default: []
  interfaces:
    description: Interfaces by which a rule may name these networks instead.
    type: list
    elements: str
    default: []
  ports:
    description:
      - Ports that must be reachable. Each has a port, a protocol, and a source in CIDR notation or
        an empty one, if its address is not known.
    type: list
    elements: dict
    default: []
"""

RETURN = """
firewalls:
  description: Each active firewall manager, and the commands that would complete it.
  type: dict
  returned: always
"""

UFW_DEFAULTS = "etc/default/ufw"
DIRECTIONS = {"IN": "incoming", "OUT": "outgoing", "FWD": "routed"}
RULE = re.compile(
    r"^(?P<to>\S.*?) +(?P<action>ALLOW|DENY|REJECT|LIMIT) (?P<direction>IN|OUT|FWD)"
    r" +(?P<source>\S.*?)(?: +\((?:log|log-all|out|, )+\))?(?: +#.*)?$"
)
DEFAULT = re.compile(r"(\w+) \((incoming|outgoing|routed)\)")
PORTS = re.compile(r"(?P<ports>\d+(?::\d+)?(?:,\d+(?::\d+)?)*)(?:/(?P<protocol>\w+))?")

Network = IPv4Network | IPv6Network
# What a program prints; nothing if it fails.
Ask = Callable[[list[str]], str | None]


@dataclass(frozen=True)
class End:
    """One end of a rule: any address, port, protocol or interface where it is None."""

    network: Network | None = None
    ports: tuple[range, ...] | None = None
    protocol: str | None = None
    interface: str | None = None


@dataclass(frozen=True)
class Rule:
    """A rule of ufw."""

    action: str
    direction: str
    source: End
    to: End


@dataclass(frozen=True)
class Need:
    """Traffic that has to pass."""

    direction: str
    source: Network | None = None
    to: Network | None = None
    port: int | None = None
    protocol: str | None = None

    @property
    def words(self) -> str:
        """The rule for it, as ufw reads it."""
        words = {"OUT": ["out"]}.get(self.direction, [])
        if self.port is not None and self.source is None:
            return " ".join([*words, f"{self.port}/{self.protocol}"])
        words += ["from", str(self.source)] if self.source else []
        words += ["to", str(self.to or "any")]
        if self.port is not None:
            words += ["port", str(self.port), "proto", str(self.protocol)]
        return " ".join(words)


def parse_end(text: str) -> End:
    """Read one end of a rule, such as `10.42.0.0/16`, `6443/tcp (v6)` or `Anywhere on cni0`."""
    network: Network | None = ip_network("::/0") if "(v6)" in text else None
    ports, protocol = None, None
    text, _, interface = re.sub(r" \(.*\)", "", text).partition(" on ")
    for word in text.split():
        name, _, suffix = word.partition("/")
        found = PORTS.fullmatch(word)
        if name == "Anywhere":
            protocol = suffix or protocol
        elif found:
            bounds = [part.split(":") for part in found["ports"].split(",")]
            ports = tuple(range(int(pair[0]), int(pair[-1]) + 1) for pair in bounds)
            protocol = found["protocol"] or protocol
        else:
            address = re.sub(r"/[a-z]+$", "", word)
            protocol = suffix if suffix.isalpha() else protocol
            network = ip_network(address, strict=False)
    return End(network, ports, protocol, interface.strip() or None)


def parse_rules(status: str) -> list[Rule]:
    """Read the rules that `ufw status verbose` lists, in their order."""
    found = [RULE.match(line.rstrip()) for line in status.splitlines()]
    return [
        Rule(line["action"], line["direction"], parse_end(line["source"]), parse_end(line["to"]))
        for line in found
        if line
    ]


def holds(rule: Network | None, traffic: Network | None) -> bool:
    """Tell whether a rule about a network is about all of that traffic."""
    if rule is None:
        return traffic is None or traffic.version == 4  # noqa: PLR2004 # ufw marks rules for IPv6
    if traffic is None:
        return rule.prefixlen == 0
    same = rule.version == traffic.version
    return same and traffic.subnet_of(rule)  # type: ignore[arg-type] # of the same version


def decides(rule: Rule, need: Need, interfaces: list[str]) -> bool:
    """Tell whether a rule decides about all of the traffic that is needed."""
    near = rule.to if need.direction == "IN" else rule.source
    from_pods = need.port is None and need.direction == "IN"
    # An unknown address of another node: any rule for its port may be the one for it.
    source_fits = holds(rule.source.network, need.source) or (
        need.source is None and rule.to.ports is not None and rule.action == "ALLOW"
    )
    if near.interface is not None:
        interface_fits = from_pods and near.interface in interfaces
        source_fits = source_fits or rule.source.network is None
    else:
        interface_fits = rule.source.interface is None and rule.to.interface is None
    return (
        rule.direction == need.direction
        and interface_fits
        and source_fits
        and holds(rule.to.network, need.to)
        and rule.source.ports is None
        and (rule.to.ports is None or any(need.port in ports for ports in rule.to.ports))
        and (rule.to.protocol or rule.source.protocol) in (None, need.protocol)
    )


def ufw_commands(status: str, needs: list[Need], interfaces: list[str], routed: str) -> list[str]:
    """Name the commands that complete an active ufw."""
    defaults = {direction: policy for policy, direction in DEFAULT.findall(status)}
    rules = parse_rules(status)
    commands = []
    for need in needs:
        policy = routed if need.direction == "FWD" else defaults.get(DIRECTIONS[need.direction])
        deciding = next((rule for rule in rules if decides(rule, need, interfaces)), None)
        if (deciding.action if deciding else str(policy).upper()) == "ALLOW":
            continue
        # A rule after the one that decides would have no effect.
        where = "prepend " if deciding else ""
        route = "route " if need.direction == "FWD" else ""
        commands.append(f"ufw {route}{where}allow {need.words}")
    return commands


def ufw_needs(networks: list[Network], ports: list[Need], routed: str) -> list[Need]:
    """List the traffic that has to pass ufw."""
    needs = [Need("IN", source=network) for network in networks]
    needs += [Need("OUT", to=network) for network in networks]
    if routed == "reject":
        # Kubernetes' own rules come after those of ufw: too late where ufw rejects.
        needs += [Need("FWD", source=network) for network in networks]
        needs += [Need("FWD", to=network) for network in networks]
    return needs + ports


def forward_policy(root: Path) -> str:
    """Read what ufw does with forwarded traffic; its status hides it while forwarding is off."""
    file = root / UFW_DEFAULTS
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    found = re.search(r'^DEFAULT_FORWARD_POLICY="?(\w+)', text, re.MULTILINE)
    policy = found[1].lower() if found else "drop"
    return {"accept": "allow", "drop": "deny"}.get(policy, policy)


def ufw(
    root: Path, networks: list[Network], ports: list[Need], interfaces: list[str], ask: Ask
) -> Any:
    """Say which commands ufw lacks; None if it is not active."""
    status = ask(["ufw", "status", "verbose"])
    if status is None or not re.search(r"^Status: active", status, re.MULTILINE):
        return None
    routed = forward_policy(root)
    return ufw_commands(status, ufw_needs(networks, ports, routed), interfaces, routed)


def firewalld(networks: list[Network], ports: list[Need], interfaces: list[str], ask: Ask) -> Any:
    """Say which commands firewalld lacks; None if it is not active."""
    if (ask(["firewall-cmd", "--state"]) or "").strip() != "running":
        return None
    sources = (ask(["firewall-cmd", "--zone=trusted", "--list-sources"]) or "").split()
    trusted = [parse_end(source).network for source in sources if not source.startswith("ipset:")]
    by_interface = (ask(["firewall-cmd", "--zone=trusted", "--list-interfaces"]) or "").split()
    is_open = (ask(["firewall-cmd", "--list-ports"]) or "").split()
    commands = []
    if not set(by_interface) & set(interfaces):
        missing = [network for network in networks if not is_trusted(trusted, network)]
        commands += [
            f"firewall-cmd --permanent --zone=trusted --add-source={network}" for network in missing
        ]
    for need in ports:
        if need.source and is_trusted(trusted, need.source):
            continue
        port = f"{need.port}/{need.protocol}"
        if port not in is_open:
            commands.append(
                f"firewall-cmd --permanent --zone=trusted --add-source={need.source}"
                if need.source
                else f"firewall-cmd --permanent --add-port={port}"
            )
    commands = list(dict.fromkeys(commands))
    return [*commands, "firewall-cmd --reload"] if commands else []


def is_trusted(trusted: list[Network | None], network: Network) -> bool:
    """Tell whether all of a network is in one of those that are trusted."""
    return any(source is not None and holds(source, network) for source in trusted)


def gather(root: Path, wanted: dict[str, Any], ask: Ask) -> dict[str, list[str]]:
    """Say of each active firewall what it lacks."""
    networks = [ip_network(network, strict=False) for network in wanted["networks"]]
    ports = [
        Need(
            "IN",
            source=ip_network(port["source"], strict=False) if port.get("source") else None,
            port=int(port["port"]),
            protocol=port["protocol"],
        )
        for port in wanted["ports"]
    ]
    interfaces = wanted["interfaces"]
    found = {
        "ufw": ufw(root, networks, ports, interfaces, ask),
        "firewalld": firewalld(networks, ports, interfaces, ask),
    }
    return {name: commands for name, commands in found.items() if commands is not None}


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "networks": {"type": "list", "elements": "str", "default": []},
            "interfaces": {"type": "list", "elements": "str", "default": []},
            "ports": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )

    def ask(command: list[str]) -> str | None:
        """Run a program, if it is there; its words may be translated otherwise."""
        path = module.get_bin_path(command[0], opt_dirs=["/usr/sbin", "/sbin"])
        if path is None:
            return None
        code, said, _ = module.run_command(
            [path, *command[1:]], environ_update={"LC_ALL": "C", "LANGUAGE": "C"}
        )
        return str(said) if code == 0 else None

    try:
        firewalls = gather(Path("/"), module.params, ask)
    except ValueError as error:
        module.fail_json(msg=f"{error}: write networks as 10.42.0.0/16.")
    module.exit_json(changed=False, firewalls=firewalls)


if __name__ == "__main__":
    main()
