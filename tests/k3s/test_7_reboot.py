"""After a reboot of the node everything comes back by itself, with its memory.

The bot is the script that test_6_own_bots has left, of which only the process is watched.
"""

from __future__ import annotations

import json
import time

from testinfra.host import Host

from clusters import ALERTMANAGER, KUBECTL, PROMETHEUS, ask, kubectl, pods, query
from k3s import own_bots
from k3s.own_bots import Slack, silences_are_over
from k3s.site import NODE
from nodes import reboot
from waiting import eventually

BACK_LIMIT_S = 240.0
SAVED_LIMIT_S = 90.0
CONTAINER = 'container_start_time_seconds{job="kubelet", container="discord-bot"}'
RESTARTED = 'ALERTS{alertname="DiscordBotRestarted", alertstate="firing"}'
SILENCED_S = 120.0
HEALED_WITHIN_S = 60.0
DOWN_WITHIN_S = 60.0
QUIET_S = 15.0


def test_everything_comes_back_and_remembers(host: Host) -> None:
    silence = make_silence(host)
    # It is written down within a minute; younger ones a sudden end may take along.
    assert eventually(lambda: is_saved(host, silence), SAVED_LIMIT_S, every_s=2)
    assert is_seen(host, since=0)
    uses = own_bots.use_script(host)
    before = time.time() - 1
    reboot(host, NODE)
    assert eventually(lambda: all_ready(host, before), BACK_LIMIT_S, every_s=2), [
        (pod["metadata"]["name"], pod["status"]) for pod in pods(host)
    ]
    kept = ask(host, f"{ALERTMANAGER}/api/v2/silence/{silence}")
    assert kept["status"]["state"] == "active"
    history = ask(host, f"{PROMETHEUS}/api/v1/query?query=up&time={before:.0f}")
    jobs = {item["metric"]["job"] for item in history["data"]["result"]}
    assert "kubelet" in jobs
    assert own_bots.use_script(host) == uses + 1


def test_a_process_that_is_started_again_is_reported_once(host: Host) -> None:
    """The reboot has restarted it, too, and the deployment before has silenced that."""
    assert eventually(lambda: is_quiet(host), SILENCED_S, every_s=1)
    slack = Slack(host)
    host.check_output("pkill -KILL --full 'venv/bin/python3 bot[.]py'")
    slack.wait_for("DiscordBotRestarted", HEALED_WITHIN_S)
    own_bots.use_script(host)
    assert not eventually(lambda: bool(slack.titles()), QUIET_S), slack.titles()


def test_a_bot_that_does_not_run_is_reported(host: Host) -> None:
    slack, scale = Slack(host), "--namespace discord-bot scale deployment discord-bot --replicas"
    kubectl(host, f"{scale}=0")
    slack.wait_for("DiscordBotDown", DOWN_WITHIN_S)
    kubectl(host, f"{scale}=1")
    own_bots.use_script(host)


def make_silence(host: Host) -> str:
    """Silence an alert that nobody raises, and give the silence's name."""
    body = {
        "matchers": [{"name": "alertname", "value": "Nothing", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2099-01-01T00:00:00Z",
        "createdBy": "tests",
        "comment": "survives a reboot",
    }
    script = (
        "import sys; from urllib.request import Request, urlopen;"
        f"print(urlopen(Request('{ALERTMANAGER}/api/v2/silences', sys.argv[1].encode(),"
        " {'Content-Type': 'application/json'})).read().decode())"
    )
    answer = json.loads(host.check_output("python3 -c %s %s", script, json.dumps(body)))
    name: str = answer["silenceID"]
    return name


def is_saved(host: Host, silence: str) -> bool:
    """Say whether Alertmanager has written a silence into its volume."""
    inside = f"grep -q {silence} /alertmanager/silences"
    command = f"{KUBECTL} --namespace monitoring exec alertmanager-0 -- {inside}"
    return bool(host.run(command).rc == 0)


def is_quiet(host: Host) -> bool:
    """Say whether nothing is silenced, and no alert looks back at the reboot."""
    return silences_are_over(host, ALERTMANAGER) and not query(host, RESTARTED)


def is_seen(host: Host, since: float) -> bool:
    """Say whether Prometheus sees a container of the bot that was started since then."""
    fresh = f"time() - timestamp({CONTAINER}) < 20 and {CONTAINER} > {since}"
    return bool(query(host, fresh))


def all_ready(host: Host, since: float) -> bool:
    """Say whether all is well; what does not answer yet is not."""
    try:
        return is_well(host, since)
    except AssertionError:
        return False


def is_well(host: Host, since: float) -> bool:
    """Say whether the API answers, and every pod and Prometheus' view of the bot are well."""
    if host.run("/usr/local/bin/k3s kubectl get --raw=/readyz").rc != 0:
        return False
    ready = [
        condition["status"] == "True"
        for pod in pods(host)
        for condition in pod["status"].get("conditions", [])
        if condition["type"] == "Ready"
    ]
    answers = host.run(
        "python3 -c %s", f"import urllib.request as r; r.urlopen('{PROMETHEUS}/-/ready', timeout=5)"
    )
    return len(ready) > 0 and all(ready) and answers.rc == 0 and is_seen(host, since)
