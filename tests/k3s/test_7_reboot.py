"""After a reboot of the node everything comes back by itself, with its memory."""

from __future__ import annotations

import json
import time

import yaml
from testinfra.host import Host

from clusters import ALERTMANAGER, KUBECTL, PROMETHEUS, ask, pods, query
from k3s.drills import run_drill
from k3s.site import NODE, ROOT, Site
from nodes import reboot
from waiting import eventually

BACK_LIMIT_S = 240.0
SAVED_LIMIT_S = 90.0
# The bot was seen; the moment before the reboot is asked for afterwards.
SEEN = 'up{job="discord-bot"} == 1'
DEFAULTS = yaml.safe_load((ROOT / "roles/prometheus/defaults/main.yml").read_text())
# After a boot, an alert may be late by as much as the bot has for its start.
GRACE_S = float(DEFAULTS["prometheus_bot_down_grace"].removesuffix("s"))
GRACE_IS_OVER = f"time() - discord_bot:evaluated_since:seconds > {GRACE_S}"


def test_everything_comes_back_and_remembers(host: Host) -> None:
    silence = make_silence(host)
    # It is written down within a minute; younger ones a sudden end may take along.
    assert eventually(lambda: is_saved(host, silence), SAVED_LIMIT_S, every_s=2)
    assert query(host, SEEN)
    before = time.time() - 1
    reboot(host, NODE)
    assert eventually(lambda: all_ready(host), BACK_LIMIT_S, every_s=2), [
        (pod["metadata"]["name"], pod["status"]) for pod in pods(host)
    ]
    kept = ask(host, f"{ALERTMANAGER}/api/v2/silence/{silence}")
    assert kept["status"]["state"] == "active"
    history = ask(host, f"{PROMETHEUS}/api/v1/query?query=up&time={before:.0f}")
    jobs = {item["metric"]["job"] for item in history["data"]["result"]}
    assert "discord-bot" in jobs


def test_alerting_works_again(site: Site, host: Host) -> None:
    assert eventually(lambda: bool(query(host, GRACE_IS_OVER)), 2 * GRACE_S, every_s=1)
    run_drill(site, "bot_down", runs=1)


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


def all_ready(host: Host) -> bool:
    """Say whether all is well; what does not answer yet is not."""
    try:
        return is_well(host)
    except AssertionError:
        return False


def is_well(host: Host) -> bool:
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
    return len(ready) > 0 and all(ready) and answers.rc == 0 and bool(query(host, SEEN))
