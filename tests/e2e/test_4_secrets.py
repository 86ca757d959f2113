"""No secret in a log, a diff, an argument, an environment or a file that everybody may read."""

from __future__ import annotations

import subprocess

import pytest
import yaml
from testinfra.host import Host

from demos import ROOT, Demo


@pytest.fixture(scope="module")
def secrets(demo: Demo) -> list[str]:
    """What must not be seen: the secrets of the demo's vault, the webhook without its host."""
    shown = subprocess.check_output(
        ["ansible-vault", "view", "inventory/demo/group_vars/all/vault.yml"],
        cwd=ROOT, env=demo.environment, text=True,
    )  # fmt: skip
    values = yaml.safe_load(shown).values()
    return [value.rsplit("/", 1)[-1] for value in values]


def assert_nothing_in(text: str, secrets: list[str]) -> None:
    assert len(secrets) == 4
    assert text
    for secret in secrets:
        assert secret not in text, f"…{text[max(0, text.find(secret) - 200) :][:200]}…"


def test_not_in_the_output_of_a_talkative_run_with_diffs(demo: Demo, secrets: list[str]) -> None:
    demo.host().check_output(
        "rm /etc/discord-bot/discord-token /etc/discord-bot/drill-token"
        " /etc/slack-secrets/webhook-url /etc/systemd/system/discord-bot.service"
        " /etc/prometheus/alertmanager.yml"
    )
    run = demo.run(
        "ansible-playbook", "--inventory", "inventory/demo", "-vvv", "--diff", "site.yml"
    )
    assert run.returncode == 0, run.stdout
    assert "+++ after" in run.stdout
    assert_nothing_in(run.stdout, secrets)


def test_not_in_the_output_of_the_demo(demo: Demo, secrets: list[str]) -> None:
    assert_nothing_in(demo.outputs["interrupted"] + demo.outputs["first"], secrets)


def test_not_in_the_journal(host: Host, secrets: list[str]) -> None:
    journal = host.run("journalctl --output export --all")
    assert journal.rc == 0, journal.stderr
    # Its format is binary: eight bytes before each multi-line field are the field's length.
    assert_nothing_in(journal.stdout_bytes.decode(errors="replace"), secrets)


def test_not_in_the_process_list(host: Host, secrets: list[str]) -> None:
    assert_nothing_in(host.check_output("ps axewwww"), secrets)


def test_not_in_any_environment(host: Host, secrets: list[str]) -> None:
    environments = "cat /proc/[0-9]*/environ | tr '\\0' '\\n'"
    assert_nothing_in(host.run(f"bash -c {environments!r}").stdout, secrets)


def test_not_in_a_file_that_everybody_may_read(host: Host, secrets: list[str]) -> None:
    for secret in secrets:
        found = host.run("find / -xdev -type f -perm -o=r -exec grep -lF -e %s {} +", secret).stdout
        assert found == ""


def test_the_search_itself_finds_what_is_there(host: Host, secrets: list[str]) -> None:
    """The tests above look for nothing: prove that they would find something."""
    host.check_output(f"sh -c 'umask 022; printf %s {secrets[0]} >/srv/leak'")
    try:
        with pytest.raises(AssertionError, match="/srv/leak"):
            test_not_in_a_file_that_everybody_may_read(host, secrets)
    finally:
        host.check_output("rm /srv/leak")
