"""Drills about the monitoring itself, where its parts are units of systemd."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from botwatch_drill.catalogue.slow import slow_drill
from botwatch_drill.faults.shell import Shell

if TYPE_CHECKING:
    from botwatch_drill.drill import Drill

# The rules of a file that is there already: Prometheus may be configured to read no other.
_RULES = "/etc/prometheus/rules/node.yml"
_KEPT = "/run/botwatch-drill-rules.yml"
_FAILING = """
  - name: botwatch_drill
    interval: 5s
    rules:
      - record: botwatch_drill:failing
        expr: up + on() up
"""
_RELOAD = "systemctl reload prometheus"


def _stopped(unit: str) -> Shell:
    return Shell(
        breaks=(f"systemctl stop {unit}",),
        repairs=(f"systemctl start {unit}",),
        looks=(f"systemctl is-active --quiet {unit}",),
    )


# Somebody silences the alert that the delivery probe waits for.
_SILENCE = """python3 - "$alertmanager" <<'END' >/run/botwatch-drill-silence
import datetime, json, sys, urllib.request as web
now = datetime.datetime.now(datetime.timezone.utc)
silence = {
    "matchers": [{"name": "alertname", "value": "AlertDeliveryProbe", "isRegex": False}],
    "startsAt": now.isoformat(),
    "endsAt": (now + datetime.timedelta(minutes=20)).isoformat(),
    "createdBy": "botwatch-drill",
    "comment": "A fire drill.",
}
headers = {"Content-Type": "application/json"}
request = web.Request(sys.argv[1] + "/api/v2/silences", json.dumps(silence).encode(), headers)
direct = web.build_opener(web.ProxyHandler({}))
print(json.load(direct.open(request, timeout=5))["silenceID"])
END"""
_EXPIRE = """if [ -s /run/botwatch-drill-silence ]; then
python3 - "$alertmanager/api/v2/silence/$(cat /run/botwatch-drill-silence)" <<'END'
import sys, urllib.error, urllib.request as web
direct = web.build_opener(web.ProxyHandler({}))
try:
    direct.open(web.Request(sys.argv[1], method="DELETE"), timeout=5).close()
except urllib.error.HTTPError as error:
    if error.code not in (404, 500):
        raise
END
fi
rm -f /run/botwatch-drill-silence"""


def probe_silenced(alertmanager: str) -> Drill:
    """Return the drill in which no test alert comes back.

    Args:
        alertmanager: a line of shell that sets `alertmanager` to its address.
    """
    return slow_drill(
        name="probe_silenced",
        title="the delivery probe's alert is silenced",
        alert="AlertDeliveryBroken",
        needs="quick alerts",
        breaks=Shell(
            breaks=(alertmanager, _SILENCE),
            repairs=(alertmanager, _EXPIRE),
        ),
        budget_s=200.0,
        together=True,
    )


def _rules_with(lines: str) -> Shell:
    return Shell(
        breaks=(f"cp {_RULES} {_KEPT}", f"printf '%s' {quote(lines)} >>{_RULES}", _RELOAD),
        repairs=(
            f"if [ -e {_KEPT} ]; then cat {_KEPT} >{_RULES}; rm -f {_KEPT}; fi",
            _RELOAD,
        ),
        looks=(f"[ ! -e {_KEPT} ]",),
    )


_AT = r"sed -n 's/.*--web.listen-address=\([^ \"]*\).*/\1/p' /etc/default/prometheus-alertmanager"
SYSTEMD_MONITORING = (
    probe_silenced(f'alertmanager="http://$({_AT})"'),
    slow_drill(
        name="target_removed",
        title="the delivery probe is stopped",
        alert="TargetMissing",
        breaks=_stopped("botwatch-delivery-probe"),
    ),
    slow_drill(
        name="rule_failing",
        title="a rule cannot be evaluated",
        alert="RuleEvaluationFailing",
        breaks=_rules_with(_FAILING),
        together=True,
    ),
    slow_drill(
        name="alertmanager_down",
        title="Alertmanager is stopped",
        expect="firing",
        alert="AlertmanagerUnreachable",
        breaks=_stopped("prometheus-alertmanager"),
        resolves=False,
        also=("TargetMissing",),
    ),
    slow_drill(
        name="reload_failing",
        title="Prometheus refuses its rules",
        alert="ConfigurationReloadFailing",
        breaks=_rules_with("\n!"),
    ),
)
