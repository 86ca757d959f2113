"""What was right and what was wrong in a run, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.result import Run, exceeds
from botwatch_drill.timing import Timing

if TYPE_CHECKING:
    from botwatch_drill.drill import Drill
    from botwatch_drill.outcome import Ended
    from botwatch_sandbox.drills.record import Record

BOT_DOWN = "DiscordBotDown"


def judge(drill: Drill, record: Record, ended: Ended | None = None) -> Run:
    """Judge one run; the budget concerns the median and is not looked at here.

    Args:
        drill: what was to happen.
        record: what was seen.
        ended: what the deployment came to, where there was one.
    """
    if record.injected_at is None:
        return Run(failures=(f"Nothing was injected: {record.error or 'no reason is known.'}",))
    timing = Timing.of(record, drill.expect)
    failures = [] if ended is None else _deployment(drill, record, ended)
    failures += _EXPECTED[drill.expect](drill, record)
    failures += _recovery(drill, timing)
    if not failures and record.state in ("failed", "aborted") and not _slow(timing, record):
        failures = [f"The control room says: {record.error or record.state}"]
    return Run(record.injected_at, timing, tuple(failures), "" if ended is None else ended.output)


def _deployment(drill: Drill, record: Record, ended: Ended) -> list[str]:
    good = drill.expect == "silence"
    failures = []
    if not ended.in_time:
        within_s = drill.limits.deploy_s
        failures.append(f"The deployment did not end within {within_s:g} s and was stopped.")
    elif good and ended.code != 0:
        failures.append(f"The deployment failed with exit code {ended.code}.")
    elif not good and ended.code == 0:
        failures.append("The deployment says that it went well although the new bot does not run.")
    if not good and record.messages > 1:
        failures.append(f"{record.messages} Slack messages came instead of one.")
    return failures


def _silence(drill: Drill, record: Record) -> list[str]:
    count = record.messages
    if count == 0:
        return []
    came = "1 Slack message came" if count == 1 else f"{count} Slack messages came"
    reason = "this was a deployment" if drill.breaks.deploys else "it came back by itself"
    said = f" ({record.said.splitlines()[0]})" if record.said else ""
    return [f"{came} although {reason}{said}."]


def _message(drill: Drill, record: Record) -> list[str]:
    timing = Timing.of(record, drill.expect)
    if timing.delivered_s is None:
        return [_no_message(drill, record)]
    failures = []
    if timing.delivered_s > drill.limits.max_s:
        took = f"The message came after {timing.delivered_s:.1f} s"
        failures.append(f"{took}, over the limit of {drill.limits.max_s:g} s for a single run.")
    if drill.says is not None and drill.says not in (record.said or ""):
        failures.append(f"The message does not say '{drill.says}'; it says: {record.said}")
    failures += _once(record) if drill.once else []
    return failures + _resolution(drill, record, timing)


def _once(record: Record) -> list[str]:
    """List the notifications that were sent more than once."""
    counts = {"firing": record.firing_messages, "resolved": record.resolved_messages}
    return [
        f"Slack received {count} {state} notifications for {record.alert} instead of one."
        for state, count in counts.items()
        if count > 1
    ]


def _firing(drill: Drill, record: Record) -> list[str]:
    took_s = Timing.of(record, drill.expect).firing_s
    if took_s is None:
        return [f"{drill.alert} did not fire within {drill.limits.late_s:g} s."]
    if took_s > drill.limits.max_s:
        limit = f"over the limit of {drill.limits.max_s:g} s for a single run"
        return [f"{drill.alert} fired after {took_s:.1f} s, {limit}."]
    return []


def _resolution(drill: Drill, record: Record, timing: Timing) -> list[str]:
    within_s = drill.limits.resolved_within_s
    if not drill.resolves:
        return []
    failures = []
    if timing.resolved_s is None:
        failures.append(f"No Slack message said that {drill.alert} is over within {within_s:g} s.")
    elif timing.resolved_s > within_s:
        took = f"The resolved message came after {timing.resolved_s:.1f} s"
        failures.append(f"{took}, over the limit of {within_s:g} s.")
    failures += [
        f"Slack received no resolved notification for {alert} within {within_s:g} s."
        for alert in record.unresolved
        if alert != drill.alert
    ]
    return failures


def _no_message(drill: Drill, record: Record) -> str:
    if not _repaired_early(drill, record):
        return f"No Slack message named {drill.alert} within {drill.limits.late_s:g} s."
    recovered_s = Timing.of(record, drill.expect).recovered_s
    return (
        f"The bot was started again after {recovered_s:.1f} s although it was to stay down until "
        "the message: look who starts it, a deployment for example."
    )


def _repaired_early(drill: Drill, record: Record) -> bool:
    """Say whether somebody else took a fault away that was to stay."""
    if drill.alert != BOT_DOWN or not drill.breaks.stays:
        return False
    if record.recovered_at is None:
        return False
    return record.released_at is None or record.recovered_at < record.released_at


def _recovery(drill: Drill, timing: Timing) -> list[str]:
    within_s = drill.recovered_within_s
    if drill.alert not in (None, BOT_DOWN) and timing.firing_s is None and not drill.breaks.deploys:
        return []  # nothing to recover from was seen
    if drill.brief and timing.recovered_s is None:
        return []
    if timing.recovered_s is None and drill.breaks.deploys:
        return ["The bot was not seen to go and to come back: was it replaced, and is it ready?"]
    if timing.recovered_s is None:
        return [f"The stack was not seen to recover; it should within {within_s:g} s."]
    if timing.recovered_s > within_s:
        took = f"The stack recovered after {timing.recovered_s:.1f} s"
        return [f"{took}, over the limit of {within_s:g} s."]
    return []


_EXPECTED = {"message": _message, "silence": _silence, "firing": _firing}


def _slow(timing: Timing, record: Record) -> bool:
    """Say whether the control room failed a run for its budget, which here concerns the median."""
    return exceeds(timing.delivered_s, record.budget_s)
