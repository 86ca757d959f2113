"""New secrets and thresholds reach the programs that run; nothing is restarted for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testinfra.host import Host

from clusters import ALERTMANAGER, PROMETHEUS, ask, kubectl, restarts
from k3s.site import Site
from nodes import post_url
from waiting import eventually

CONTROL = "http://127.0.0.1:8008/control"
DATASTORE = "/var/lib/rancher/k3s/server/db"
STAND_IN_FILE = "/etc/botwatch-sandbox/slack-webhook-url"
NEW_KEY = "fedcba9876543210"
NEW_THRESHOLD = 4
DELIVERY_LIMIT_S = 30.0


@pytest.fixture(scope="module")
def rotated(site: Site, host: Host) -> Iterator[dict[str, int]]:
    """Another webhook in the vault, another threshold, one run; give the restarts before.

    The site's own values come back with the next run, in test_3_images.
    """
    before = restarts(host)
    address = host.check_output("cat %s", STAND_IN_FILE)
    renewed = address.rsplit("/", 1)[0] + "/" + NEW_KEY
    tell_stand_in(host, renewed)
    run = site.playbook(
        "site.yml", "-vvv", "--diff",
        "--extra-vars", f"vault_slack_webhook_url={renewed}",
        "--extra-vars", f"prometheus_bot_errors_threshold={NEW_THRESHOLD}",
    )  # fmt: skip
    assert run.code == 0, run.output
    assert NEW_KEY not in without_command_line(run.output)
    try:
        yield before
    finally:
        tell_stand_in(host, address)


def without_command_line(output: str) -> str:
    """Leave out what Ansible shows of its own arguments, where these tests pass the secret."""
    return "\n".join(line for line in output.splitlines() if "extra-vars" not in line.lower())


def tell_stand_in(host: Host, address: str) -> None:
    """Let the stand-in for Slack know only this webhook."""
    host.check_output("sh -c %s", f"printf %s '{address}' >{STAND_IN_FILE}")
    host.check_output("systemctl restart botwatch-sandbox")


def test_a_new_threshold_is_read_without_a_restart(rotated: dict[str, int], host: Host) -> None:
    rules = ask(host, f"{PROMETHEUS}/api/v1/rules")["data"]["groups"]
    (rule,) = [r for g in rules for r in g["rules"] if r["name"] == "DiscordBotHighErrors"]
    assert f"> {NEW_THRESHOLD}" in rule["query"]
    assert restarts(host) == rotated


def test_a_message_goes_to_the_new_webhook_without_a_restart(
    rotated: dict[str, int], host: Host
) -> None:
    post_url(host, f"{CONTROL}/drills/run", {"name": "errors"})

    def delivered() -> bool:
        return ask(host, f"{CONTROL}/drills/current")["delivered_at"] is not None

    assert eventually(delivered, DELIVERY_LIMIT_S), kubectl(
        host, "--namespace monitoring logs alertmanager-0 --tail=20"
    )
    assert restarts(host) == rotated
    assert ask(host, f"{ALERTMANAGER}/api/v2/status")["config"]["original"]


def test_secrets_are_encrypted_in_the_datastore(host: Host) -> None:
    # The same search finds what is in a ConfigMap, so the search works.
    assert holders(host, "alert: DiscordBotHighErrors") != ""
    for secret in ("0123456789abcdef0123456789abcdef", "molecule.scenario", "BMOLECULE"):
        assert kubectl(host, "get secrets --all-namespaces --output name")
        assert holders(host, secret) == "", secret


def holders(host: Host, text: str) -> str:
    """Name the files of the datastore that hold a text as it is."""
    found: str = host.run(
        "grep --recursive --files-with-matches --text -F %s %s", text, DATASTORE
    ).stdout
    return found
