"""What the preflight says about a host, computed from variables and what was found there."""

from __future__ import annotations

import pytest

from unit.bare_host import (
    SITE,
    Data,
    faults,
    file_system,
    foreign,
    listening,
    own,
    sound_host,
    with_unit,
)


def test_a_sound_host_has_no_faults() -> None:
    assert faults() == []
    assert faults(botwatch_runtime="k3s", botwatch_preflight_roles=[*SITE, "docker", "k3s"]) == []


def named(bot: str) -> Data:
    """Return a sound host whose bot has another name, and which is asked for the usual one, too."""
    host = sound_host()
    host["units"][bot] = dict(host["units"]["discord-bot"])
    return host


WRONG: dict[str, tuple[Data, str, str]] = {
    "32-bit userland on arm64": (
        {"host": {"architecture": "armhf"}, "facts": {"architecture": "aarch64"}},
        "kernel of the host is aarch64 (64-bit), but its packages are armhf (32-bit)",
        "install the 64-bit image",
    ),
    "32-bit userland on amd64": (
        {"host": {"architecture": "i386"}},
        "kernel of the host is x86_64 (64-bit), but its packages are i386 (32-bit)",
        "install the 64-bit image",
    ),
    "32-bit machine": (
        {"host": {"architecture": "armhf"}, "facts": {"architecture": "armv7l"}},
        "architecture of the host is armhf (armv7l)",
        "use a host with amd64 or arm64",
    ),
    "other machine": (
        {"host": {"architecture": "riscv64"}, "facts": {"architecture": "riscv64"}},
        "architecture of the host is riscv64 (riscv64)",
        "use a host with amd64 or arm64",
    ),
    "clock behind": (
        {"ahead": -7200},
        "s behind this machine's",
        "set-ntp",
    ),
    "clock ahead": ({"ahead": 7200}, "ahead of this machine's", "set-ntp"),
    "dpkg was interrupted": (
        {"host": {"dpkg": {"interrupted": True, "broken": []}}},
        "dpkg was interrupted",
        "dpkg --configure -a",
    ),
    "packages half installed": (
        {"host": {"dpkg": {"interrupted": False, "broken": ["tzdata"]}}},
        "only half installed (tzdata)",
        "apt-get install --reinstall",
    ),
    "no python3-apt": (
        {"facts": {"packages": {}}},
        "python3-apt is missing",
        "apt-get install python3-apt",
    ),
    "full /var": (
        {"host": file_system("/var/lib", free_mb=12)},
        "Only 12 MB are free at /var/lib on the host, but 300 are needed",
        "lower botwatch_disk_min_mb",
    ),
    "full /tmp": (
        {"host": file_system("/tmp", free_mb=0)},  # noqa: S108
        "Only 0 MB are free at /tmp",
        "free some",
    ),
    "no room for files": (
        {"host": file_system("/usr", free_files=7)},
        "Only 7 more files fit at /usr",
        "remove some",
    ),
    "read-only /etc": (
        {"host": file_system("/etc", read_only=True)},
        "/etc on the host is mounted read-only",
        "mount -o remount,rw",
    ),
    "noexec /opt": (
        {"host": file_system("/opt", noexec=True)},
        "/opt on the host is mounted with noexec",
        "mount -o remount,exec",
    ),
    "their own configuration": (
        {"host": foreign("prometheus", "/etc/prometheus/prometheus.yml")},
        "botwatch would overwrite or bypass /etc/prometheus/prometheus.yml",
        "mv --backup=numbered -t /root/before-botwatch /etc/prometheus/prometheus.yml;",
    ),
    "their own Alertmanager": (
        {"host": foreign("alertmanager", "/etc/prometheus/alertmanager.yml")},
        "has its own Alertmanager",
        "set botwatch_runtime to k3s",
    ),
    "their own node exporter": (
        {"host": foreign("node_exporter", "/etc/default/prometheus-node-exporter")},
        "has its own node exporter",
        "/root/before-botwatch /etc/default/prometheus-node-exporter;",
    ),
    "their own Grafana": (
        {"host": foreign("grafana", "/etc/grafana/grafana.ini", "/var/lib/grafana/grafana.db")},
        "/etc/grafana/grafana.ini, /var/lib/grafana/grafana.db",
        "set grafana_enabled to false",
    ),
    "their own unit": (
        {
            "host": with_unit(
                "prometheus", active=True, overrides=["/etc/systemd/system/prometheus.service"]
            )
        },
        "its own Prometheus (prometheus.service, which is running), and botwatch would overwrite",
        "now prometheus; mkdir -p /root/before-botwatch; mv --backup=numbered -t",
    ),
    "their own bot": (
        {"host": foreign("discord_bot", "/etc/systemd/system/discord-bot.service")},
        "has its own Discord bot",
        "use another host",
    ),
    "a masked unit": (
        {"host": with_unit("grafana-server", masked=True)},
        "grafana-server.service is masked",
        "systemctl unmask grafana-server",
    ),
    "another's program of the same name": (
        {"facts": listening(9090)},
        "Port 9090 is taken by prometheus (process 4711)",
        "set botwatch_prometheus_port to a free port",
    ),
    "a cluster with the bot": (
        {
            "host": with_unit(
                "k3s",
                {
                    **sound_host(),
                    "cluster": {"runs": True, "answers": True, "namespaces": ["discord-bot"]},
                },
                active=True,
            )
        },
        "runs k3s with the namespaces discord-bot, but botwatch_runtime is systemd",
        "k3s kubectl delete namespace discord-bot monitoring monitoring-host, with all their data",
    ),
    "a cluster that does not answer": (
        {"host": with_unit("k3s", enabled=True)},
        "runs k3s, but botwatch_runtime is systemd",
        "systemctl disable --now k3s;",
    ),
    "an agent": (
        {"host": with_unit("k3s-agent", active=True)},
        "runs k3s-agent, but",
        "(on the host: systemctl disable --now k3s-agent; reboot",
    ),
    "containers of a stopped k3s": (
        {
            "host": with_unit(
                "k3s", {**sound_host(), "pods": [77]}, overrides=["/etc/systemd/system/k3s.service"]
            )
        },
        "runs k3s, but",
        "reboot, as k3s leaves containers running",
    ),
    "the bot under systemd": (
        {
            "host": with_unit("discord-bot", own("discord_bot"), active=True),
            "botwatch_runtime": "k3s",
        },
        "runs discord-bot under systemd, but botwatch_runtime is k3s",
        "systemctl disable --now discord-bot)",
    ),
    "the bot under systemd, with the name that it had before": (
        {
            "host": with_unit("discord-bot", named("my-bot"), active=True),
            "botwatch_runtime": "k3s",
            "discord_bot_name": "my-bot",
        },
        "runs discord-bot under systemd, but botwatch_runtime is k3s",
        "systemctl disable --now discord-bot)",
    ),
    "several services under systemd, in a fixed order": (
        {
            "host": with_unit(
                "prometheus",
                with_unit("grafana-server", own("grafana", "prometheus"), active=True),
                active=True,
            ),
            "botwatch_runtime": "k3s",
        },
        "runs prometheus, grafana-server under systemd",
        "systemctl disable --now prometheus grafana-server)",
    ),
    "a bot under systemd that starts at the next boot": (
        {"host": with_unit("discord-bot", enabled=True), "botwatch_runtime": "k3s"},
        "runs discord-bot under systemd",
        "Set botwatch_runtime to systemd",
    ),
    "Prometheus under systemd": (
        {
            "host": with_unit("prometheus", own("prometheus"), active=True),
            "botwatch_runtime": "k3s",
        },
        "runs prometheus under systemd",
        "systemctl disable --now prometheus)",
    ),
    "another distribution": (
        {"facts": {"distribution": "Linux Mint", "distribution_version": "22"}},
        "Linux Mint 22 is not supported in the runtime systemd",
        "use Debian 12 or 13, or Ubuntu 24.04 or 26.04",
    ),
    "a release for the other runtime": (
        {
            "facts": {
                "distribution": "Ubuntu",
                "distribution_version": "22.04",
                "distribution_major_version": "22",
            }
        },
        "Ubuntu 22.04 is not supported in the runtime systemd",
        "or Ubuntu 24.04 or 26.04",
    ),
    "no systemd": (
        {"facts": {"service_mgr": "sysvinit"}},
        "is run by sysvinit",
        "boots with systemd",
    ),
}


@pytest.mark.parametrize(("given", "thing", "remedy"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_remedy(given: Data, thing: str, remedy: str) -> None:
    (fault,) = faults(**{**given, "host": {**sound_host(), **given.get("host", {})}})
    assert thing in fault
    assert remedy in fault
    assert "\n" not in fault


FINE: dict[str, Data] = {
    "its own Prometheus": {"host": with_unit("prometheus", own("prometheus"), active=True)},
    "its own process": {
        "facts": listening(9090),
        "host": with_unit("prometheus", pids=[4711], active=True),
    },
    "an untouched package": {"host": with_unit("prometheus", active=True, enabled=True)},
    "Grafana that is not asked for": {
        "host": foreign("grafana", "/etc/grafana/grafana.ini"),
        "facts": listening(3000, name="grafana"),
        "grafana_enabled": False,
    },
    "Grafana that is not asked for, as text": {
        "host": foreign("grafana", "/etc/grafana/grafana.ini"),
        "grafana_enabled": "false",
    },
    "a Prometheus beside the cluster": {
        "host": with_unit("prometheus", foreign("prometheus", "/etc/prometheus/prometheus.yml")),
        "facts": listening(9090),
        "botwatch_runtime": "k3s",
    },
    "only the bot is deployed": {
        "host": foreign("prometheus", "/etc/prometheus/prometheus.yml"),
        "botwatch_preflight_roles": ["discord_bot"],
    },
    "a cluster for something else": {
        "host": with_unit(
            "k3s",
            {**sound_host(), "cluster": {"runs": True, "answers": True, "namespaces": []}},
            active=True,
        )
    },
    "the cluster in its own runtime": {
        "host": with_unit("k3s", active=True),
        "botwatch_runtime": "k3s",
    },
    "a hardened /tmp": {"host": file_system("/tmp", noexec=True)},  # noqa: S108
    "files without a limit": {"host": file_system("/usr", free_files=None)},
    "little disk, and known better": {
        "host": file_system("/var/lib", free_mb=120),
        "botwatch_disk_min_mb": 100,
    },
    "stand-ins only": {
        "host": with_unit("k3s", active=True),
        "botwatch_preflight_roles": ["sandbox"],
    },
    "arm64": {
        "host": {**sound_host(), "architecture": "arm64"},
        "facts": {"architecture": "aarch64"},
    },
    "an old release for the cluster": {
        "facts": {
            "distribution": "Ubuntu",
            "distribution_version": "22.04",
            "distribution_major_version": "22",
        },
        "botwatch_runtime": "k3s",
    },
}


@pytest.mark.parametrize("given", FINE.values(), ids=FINE)
def test_what_only_looks_wrong_is_no_fault(given: Data) -> None:
    assert faults(**given) == []


@pytest.mark.parametrize(
    ("own", "other", "is_taken"),
    [
        ("0.0.0.0", "127.0.0.1", True),  # noqa: S104 # nothing listens
        ("0.0.0.0", "192.0.2.7", True),  # noqa: S104
        ("0.0.0.0", "::1", False),  # noqa: S104
        ("0.0.0.0", "::", True),  # noqa: S104
        ("127.0.0.1", "0.0.0.0", True),  # noqa: S104
        ("127.0.0.1", "::", True),
        ("127.0.0.1", "192.0.2.7", False),
        ("192.0.2.7", "127.0.0.1", False),
    ],
)
def test_a_port_is_taken_at_an_address_that_overlaps(
    own: str, other: str, *, is_taken: bool
) -> None:
    (program,) = listening(9090)["tcp_listen"]
    found = faults(
        facts={"tcp_listen": [{**program, "address": other}]}, botwatch_listen_address=own
    )
    assert [fault.split(" is taken")[0] for fault in found] == ["Port 9090"] * is_taken


@pytest.mark.parametrize(
    ("observability", "port", "variable"),
    [
        ("botwatch", 8000, "botwatch_bot_port"),
        ("metrics", 8001, "discord_bot_metrics_port"),
        ("none", None, ""),
    ],
)
def test_a_bot_needs_the_port_at_which_it_is_scraped(
    observability: str, port: int | None, variable: str
) -> None:
    taken = {"tcp_listen": [*listening(8000)["tcp_listen"], *listening(8001)["tcp_listen"]]}
    found = faults(
        facts=taken, discord_bot_observability=observability, discord_bot_metrics_port=8001
    )
    assert [fault.split(" is taken")[0] for fault in found] == ([f"Port {port}"] if port else [])
    assert all(f"set {variable} to" in fault for fault in found)


def test_a_deployment_asks_for_the_other_runtime_too() -> None:
    roles = ["discord_bot"]
    assert faults(with_unit("k3s", active=True), botwatch_preflight_roles=roles)
    host = with_unit("discord-bot", active=True)
    assert faults(host, botwatch_preflight_roles=roles, botwatch_runtime="k3s")
