from __future__ import annotations

from testinfra.host import Host

from nodes import assert_mode, assert_only_on_loopback, assert_unit_runs, listening_addresses

PORT = 9093
CLUSTER_PORT = 9094


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, "prometheus-alertmanager")


def test_it_listens_on_loopback_only_and_to_no_cluster(host: Host) -> None:
    assert_only_on_loopback(host, PORT)
    assert listening_addresses(host, CLUSTER_PORT) == set()


def test_the_webhook_is_for_alertmanager_alone(host: Host) -> None:
    assert_mode(host, "/etc/slack-secrets", "root", "prometheus", 0o750)
    assert_mode(host, "/etc/slack-secrets/webhook-url", "root", "prometheus", 0o640)


def test_the_configuration_holds_no_secret_and_passes_the_vendors_check(host: Host) -> None:
    path = "/etc/prometheus/alertmanager.yml"
    assert_mode(host, path, "root", "prometheus", 0o640)
    assert not host.file(path).contains("/services/")
    host.check_output("amtool check-config %s", path)


def test_it_runs_with_this_configuration(host: Host) -> None:
    shown = host.check_output(f"amtool --alertmanager.url=http://127.0.0.1:{PORT} config show")
    assert "slack_api_url_file: /etc/slack-secrets/webhook-url" in shown
    assert "group_interval: 5s" in shown


def test_silences_are_saved_every_minute(host: Host) -> None:
    arguments = host.check_output("systemctl show --property ExecStart prometheus-alertmanager")
    assert "$ARGS" in arguments
    assert host.file("/etc/default/prometheus-alertmanager").contains(
        "--data.maintenance-interval=1m"
    )
