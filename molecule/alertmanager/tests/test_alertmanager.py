from __future__ import annotations

from testinfra.host import Host

from nodes import assert_mode, assert_only_on_loopback, assert_unit_runs, listening_addresses
from playbooks import CONVERGE, assert_done, assert_refused, converge, play

PORT = 9093
CLUSTER_PORT = 9094
OTHER_SECRETS = 6
SILENCE_ID = 36


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


def test_the_other_channels_have_files_for_alertmanager_alone(host: Host) -> None:
    folder = "/etc/alertmanager-secrets"
    assert_mode(host, folder, "root", "prometheus", 0o750)
    files = host.file(folder).listdir()
    assert len(files) == OTHER_SECRETS
    for name in files:
        assert_mode(host, f"{folder}/{name}", "root", "prometheus", 0o640)


def test_amtool_knows_the_address_of_alertmanager(host: Host) -> None:
    said = host.check_output("amtool silence add alertname=Nothing --duration=1s")
    assert len(said) == SILENCE_ID
    assert host.run("amtool silence query alertname=Nothing").rc == 0


def test_a_dead_webhook_stops_the_run_before_anything_is_changed(host: Host) -> None:
    before = host.file("/etc/slack-secrets/webhook-url").content_string
    dead = before.rsplit("/", 1)[0] + "/no-such-webhook"
    assert_refused(
        converge(vault_slack_webhook_url=dead),
        "Slack does not know the webhook, or has closed it (it answers 404 no_service)",
        "vault_slack_webhook_url",
        "botwatch_channels_must_answer",
    )
    assert host.file("/etc/slack-secrets/webhook-url").content_string == before


def test_a_dead_webhook_is_a_warning_if_so_configured(host: Host) -> None:
    before = host.file("/etc/slack-secrets/webhook-url").content_string
    dead = before.rsplit("/", 1)[0] + "/no-such-webhook"
    run = converge(vault_slack_webhook_url=dead, botwatch_channels_must_answer=False)
    assert_done(run)
    assert "no_service" in " ".join((run.stdout + run.stderr).split())
    assert host.file("/etc/slack-secrets/webhook-url").content_string == dead
    assert_done(converge())
    assert host.file("/etc/slack-secrets/webhook-url").content_string == before


def test_a_channel_is_added_and_removed_with_its_secret(host: Host) -> None:
    secret = "0123456789abcdef0123456789abcdef"  # made up
    file = host.file("/etc/alertmanager-secrets/pagerduty-routing-key")
    given = {
        "vault_pagerduty_routing_key": secret,
        # Somebody who listens: it is connected to.
        "alertmanager_pagerduty_url": "http://127.0.0.1:8008/v2/enqueue",
        "alertmanager_quiet_hours_start": "22:00",
        "alertmanager_quiet_hours_end": "07:00",
        "alertmanager_quiet_timezone": "Asia/Seoul",
        "alertmanager_language": "ko",
    }
    run = play(CONVERGE, "-vvv", "--diff", **given)
    assert_done(run)
    assert secret not in without_arguments(run.stdout + run.stderr)
    assert file.content_string == secret
    shown = host.check_output(f"amtool --alertmanager.url=http://127.0.0.1:{PORT} config show")
    assert "routing_key_file: /etc/alertmanager-secrets/pagerduty-routing-key" in shown
    assert "location: Asia/Seoul" in shown
    assert_done(converge())
    assert file.content_string == ""


def test_another_channel_is_the_main_one_and_slack_leaves_nothing_behind(host: Host) -> None:
    given = {
        "alertmanager_main_channel": "pagerduty",
        "vault_pagerduty_routing_key": "0123456789abcdef0123456789abcdef",  # made up
        "alertmanager_pagerduty_url": "http://127.0.0.1:8008/v2/enqueue",
        "vault_slack_webhook_url": "",
    }
    assert_done(converge(**given))
    shown = host.check_output(f"amtool --alertmanager.url=http://127.0.0.1:{PORT} config show")
    assert "receiver: pagerduty-once" in shown
    assert "slack_configs" not in shown
    assert "slack-secrets" not in shown
    assert not host.file("/etc/slack-secrets").exists
    assert "changed=0" in converge(**given).stdout
    assert_done(converge())
    assert_mode(host, "/etc/slack-secrets/webhook-url", "root", "prometheus", 0o640)


def test_a_main_channel_that_cannot_work_is_refused_before_anything_is_changed() -> None:
    without = {"vault_slack_webhook_url": ""}
    assert_refused(converge(**without), "put vault_slack_webhook_url into the vault", "changed=0")
    webhook = "https://discord.com/api/webhooks/1/made-up"
    alone = {"alertmanager_main_channel": "discord", "vault_discord_alert_webhook_url": webhook}
    assert_refused(
        converge(**without, **alone), "Discord cannot report its own outage", "changed=0"
    )


def test_what_this_version_cannot_keep_secret_is_refused(host: Host) -> None:
    token = "123456:made-up-token-of-a-bot"
    given = {"vault_telegram_bot_token": token, "alertmanager_telegram_chat_id": "1"}
    run = converge(**given)
    if "version 0.25" in host.check_output("amtool --version"):
        assert_refused(run, "Alertmanager 0.25", "the channel telegram from a file")
    else:
        assert_refused(run, "Telegram")
    assert token not in without_arguments(run.stdout + run.stderr)


def without_arguments(output: str) -> str:
    """Leave out what Ansible shows of its own arguments, where these tests pass the secret."""
    return "\n".join(line for line in output.splitlines() if "extra-vars" not in line.lower())


def test_it_runs_with_this_configuration(host: Host) -> None:
    shown = host.check_output(f"amtool --alertmanager.url=http://127.0.0.1:{PORT} config show")
    assert "slack_api_url_file: /etc/slack-secrets/webhook-url" in shown
    assert "group_interval: 2s" in shown


def test_what_it_knows_is_saved_every_ten_seconds(host: Host) -> None:
    arguments = host.check_output("systemctl show --property ExecStart prometheus-alertmanager")
    assert "$ARGS" in arguments
    assert host.file("/etc/default/prometheus-alertmanager").contains(
        "--data.maintenance-interval=10s"
    )
