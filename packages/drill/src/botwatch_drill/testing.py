"""A made-up stack for tests: a control room on a free port, a host that only notes its orders."""

from __future__ import annotations

import copy
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from botwatch_drill.host import HostError
from botwatch_drill.injection import NOW
from botwatch_drill.stopping import Stop
from botwatch_drill.terms import Limits
from botwatch_sandbox.drills.record import DrillSpec, Record

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENTS = ("firing_at", "delivered_at", "recovered_at", "resolved_at")
QUICK = Limits(
    max_s=25.0,
    quiet_s=0.05,
    steady_s=0.3,
    late_s=0.3,
    seen_s=0.05,
    forget_s=0.3,
    deploy_s=10.0,
    poll_s=0.005,
)
AT_REST: dict[str, Any] = {
    "now": 1_800_000_000.0,
    "status": {
        "bot": {"ready": True, "reasons": [], "crashes": 0},
        "prometheus": {"up": True},
        "alertmanager": {"up": True},
        "faults": {"slack": {"status": None, "remaining": 0}},
    },
    "discord": {"suggestions": ["?ping"]},
    "slack": {"messages": [], "refused": []},
    "alerts": {"error": None, "items": []},
    "drill": None,
}


@dataclass(slots=True)
class Story:
    """What the control room will see, in seconds after the injection; None: never.

    Attributes:
        messages: how many Slack messages come.
        firing_messages: how many of them say that the alert fires.
        resolved_messages: how many say that it is over.
        said: what the first of them says.
        unresolved: the alerts without a resolved notification.
        strikes: how often the stack must be broken before an alert fires; until then it
            recovers every time.
        mended_early: whether the stack recovers although the fault was not taken away.
    """

    firing_s: float | None = 9.1
    delivered_s: float | None = 9.8
    recovered_s: float | None = 14.0
    resolved_s: float | None = 31.2
    messages: int = 2
    firing_messages: int = 1
    resolved_messages: int = 1
    said: str | None = None
    unresolved: tuple[str, ...] = ()
    strikes: int = 1
    mended_early: bool = False


RESTART = Story(firing_s=None, delivered_s=None, recovered_s=3.0, resolved_s=None, messages=0)
CRASHES = Story(strikes=3, said="Three times killed.")
USUAL = {
    "gateway_drop": RESTART,
    "deploy": RESTART,
    "crash_loop": CRASHES,
    "pod_crash": CRASHES,
}


@dataclass(slots=True)
class FakeStack:
    """The control room's state, and the log of everything that was asked of it and of the host.

    Attributes:
        stories: by drill, one for each run; the last one is for all further runs.
        log: short words in the order of events.
        snapshot: the answer to GET /control/state, without the drill.
        record: of the running or last drill.
        refuse: by path, the status and sentence to refuse it with.
        played: what the stand-ins were asked to play, by path.
        watched: called at every look at a record.
        disturbed: whether the bot went away since the host was asked last.
        boot: the number of the host's boot.
    """

    stories: dict[str, list[Story]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    snapshot: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(AT_REST))
    record: dict[str, Any] | None = None
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    played: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    watched: Callable[[dict[str, Any]], None] = lambda _: None
    disturbed: bool = False
    boot: int = 1
    _strikes: int = 1
    _returns: bool = True

    def answer(self, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        """Answer a call; `body` is None for GET."""
        if path in self.refuse:
            status, sentence = self.refuse[path]
            return status, {"error": sentence}
        if path == "/control/state":
            return 200, {**self.snapshot, "drill": self.record}
        if path == "/control/drills/current":
            return 200, self._look()
        if not path.startswith("/control/drills"):
            self.played.append((path.removeprefix("/control/"), body or {}))
            return 200, {}
        return 200, self._change(path.removeprefix("/control/drills").lstrip("/"), body or {})

    def _change(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "":
            return self._start(body)
        record = self.record
        if record is None or record["state"] != "running":
            message = f"{path} without a running drill"
            raise AssertionError(message)
        if path == "current/mark":
            self.log.append(f"mark {body['mark']}")
            record[f"{body['mark']}_at"] = time.time() if body["at"] is None else body["at"]
            if body["mark"] == "again":
                self._strikes += 1
                record["recovered_at"] = None
                self._returns = self.disturbed
        else:
            record["state"] = "passed" if body["ok"] else "failed"
            record["error"] = body["error"]
            self.log.append(f"finish {record['state']}")
        return record

    def _start(self, body: dict[str, Any]) -> dict[str, Any]:
        self.log.append(f"start {body['name']}")
        self._strikes, self._returns = 1, True
        number = 1 if self.record is None else self.record["id"] + 1
        record = Record.begin(number, DrillSpec(**body), time.time())
        self.record = record.view()
        return self.record

    def _look(self) -> dict[str, Any]:
        record = self.record
        if record is None:
            message = "a look at a record before there is one"
            raise AssertionError(message)
        self.watched(record)
        if record["state"] == "running":
            self._reveal(record)
        return record

    def _reveal(self, record: dict[str, Any]) -> None:
        """Let one more thing come true at every look."""
        if record["injected_at"] is not None:
            self._next_moment(record)

    def _next_moment(self, record: dict[str, Any]) -> None:
        story = self._story(record["name"])
        if self._strikes < story.strikes:
            record["recovered_at"] = time.time()
            return
        record.update(messages=story.messages, said=story.said, unresolved=[*story.unresolved])
        record.update(
            firing_messages=story.firing_messages, resolved_messages=story.resolved_messages
        )
        for moment in MOMENTS:
            after_s = getattr(story, moment.replace("_at", "_s"))
            if after_s is None or record[moment] is not None:
                continue
            if moment == "recovered_at" and not (self._is_back(record) or story.mended_early):
                return
            record[moment] = record["injected_at"] + after_s
            return

    def _is_back(self, record: dict[str, Any]) -> bool:
        held = record["expect"] == "message"
        return self._returns and not (held and record["released_at"] is None)

    def _story(self, name: str) -> Story:
        known = self.stories.get(name, [USUAL.get(name, Story())])
        run = self.log.count(f"start {name}")
        return known[min(run, len(known)) - 1]


class QuickStop(Stop):
    """Notes the delays before injections instead of waiting for them."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Wait between two looks only."""
        if seconds == QUICK.poll_s:
            super().sleep(seconds)
        else:
            self.delays.append(seconds)


class FakeControl:
    """Serves a stack's control API on a free loopback port while it is entered."""

    def __init__(self, stack: FakeStack) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece, or the client waits for the second

            def do_GET(self) -> None:
                self._reply(*stack.answer(self.path, None))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._reply(*stack.answer(self.path, json.loads(body)))

            def _reply(self, status: int, body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass(slots=True)
class FakeHost:
    """A host that notes "inject", "undo" and "evidence" in the stack's log and keeps the scripts.

    Attributes:
        user: the number of the user who runs the scripts.
        has_k3s: whether the stack runs in a cluster there.
        rules: the alerts that its Prometheus has rules for, each with its query and bot.
        failing: words of which each makes the next script with it fail, once for every mention.
        hook: called with the word before it is noted.
    """

    stack: FakeStack
    user: str = "0"
    has_k3s: bool = False
    rules: list[list[str]] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    hook: Callable[[str], None] = lambda _: None
    scripts: list[str] = field(default_factory=list)

    def sh(self, script: str) -> str:
        """Note what a script is for, and answer as a host would."""
        if script == NOW:
            return f"{time.time()}\n"
        if "/api/v1/rules" in script:
            return json.dumps(self.rules)
        self.scripts.append(script)
        word = self._word(script)
        replaces = "delete pod" in script or "systemctl stop " in script
        self.stack.disturbed = word == "inject" or replaces
        self.hook(word)
        self.stack.log.append(word)
        if word in self.failing:
            self.failing.remove(word)
            message = f"a command on the host failed: {word}"
            raise HostError(message)
        answers = {
            "preflight": self.user,
            "evidence": f"a line of {script.rsplit('=', maxsplit=1)[-1]}",
            "detect": "yes" if self.has_k3s else "no",
            **dict.fromkeys(("boot", "booted"), self.stack.boot),
        }
        return f"{answers.get(word, time.time())}\n"

    def restart(self) -> None:
        """Note that it was restarted."""
        self.stack.log.append("restart")
        self.stack.boot += 1

    def _word(self, script: str) -> str:
        signs = {
            "inject": ("kill -KILL", "--replicas=0", "Authorization"),
            "evidence": ("journalctl", " logs ", " get events "),
            "preflight": ("id -u",),
            "detect": ("echo yes",),
            "booted": ("is-system-running",),
            "boot": ("boot_id",),
        }
        for word, parts in signs.items():
            if any(part in script for part in parts):
                return word
        return "undo"
