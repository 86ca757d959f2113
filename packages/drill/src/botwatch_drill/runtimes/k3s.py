"""The stack as workloads of k3s."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

from botwatch_drill.faults.on_host import HostFault
from botwatch_drill.host_observer import Addresses
from botwatch_drill.runtimes.runtime import Evidence, Runtime
from botwatch_drill.terms import BOT

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
_K3S = "/usr/local/bin/k3s"
_TOOL = f"{_K3S} kubectl --request-timeout=10s"
HAS_MONITORING = f"{_TOOL} --namespace=monitoring get statefulset prometheus >/dev/null"
"""A script that fails in a cluster without this stack, whatever its bot is called."""
_QUOTA = "botwatch-drill"
_LOG_LINES = 20
_KILL = 'kill -KILL "$main"'


def _kubectl(bot: str) -> str:
    return f"{_TOOL} --namespace={bot}"


def _pods(bot: str) -> str:
    return f"--selector=app={bot}"


def _find_process(bot: str) -> list[str]:
    # Of the bot's containers the one that runs, and not in a pod that is being removed.
    container = (
        "{{range .items}}{{if not .metadata.deletionTimestamp}}{{range .status.containerStatuses}}"
        f'{{{{if and (eq .name "{bot}") .state.running}}}}{{{{.containerID}}}}{{{{"\\n"}}}}'
        "{{end}}{{end}}{{end}}{{end}}"
    )
    listed = f"{_kubectl(bot)} get pods {_pods(bot)} --output=go-template={quote(container)}"
    # The first process of a container is number 1 in there; its cgroups are named after the
    # container.
    return [
        f"id=$({listed})",
        "id=${id##*/}",
        f'[ -n "$id" ] || {{ echo "no container of the deployment {bot} runs" >&2; exit 1; }}',
        'main=$(for file in $(grep -ls "$id" /proc/[0-9]*/cgroup); do process=${file%/cgroup}',
        "if grep -qs '^NSpid:.*[[:space:]]1$' \"$process/status\"",
        'then echo "${process#/proc/}"; fi',
        "done)",
        '[ -n "$main" ] || { echo "no process of the container $id runs" >&2; exit 1; }',
    ]


def renew_bot(bot: str) -> tuple[str, ...]:
    """Return what puts a new bot in the place of one that does not listen any more."""
    gone = "--force --grace-period=0 --wait=false >/dev/null"
    return (f"{_kubectl(bot)} delete pod {_pods(bot)} {gone}",)


def new_pod(app: str) -> tuple[str, ...]:
    """Return what replaces the pod of a part of the monitoring."""
    return (f"{_TOOL} --namespace=monitoring delete pod --selector=app={app} >/dev/null",)


@dataclass(frozen=True, slots=True)
class K3sDoor:
    """Where the bot is reached; see Door.

    Attributes:
        bot: the bot's name.
    """

    bot: str = BOT

    def open(self) -> tuple[str, ...]:
        """See Door."""
        port = "--output=jsonpath='{.spec.ports[0].nodePort}'"
        key = "--output=jsonpath='{.data.drill-token}'"
        return (
            f'bot="http://127.0.0.1:$({_kubectl(self.bot)} get service {self.bot} {port})"',
            "token=$(umask 077; mktemp /run/botwatch-drill-token.XXXXXX)",
            # Whatever comes next may end the script.
            "trap 'rm -f \"$token\"' EXIT",
            f'{_kubectl(self.bot)} get secret {self.bot} {key} | base64 -d >"$token"',
            '[ -s "$token" ] || { echo "the bot has no drill token" >&2; exit 1; }',
        )


@dataclass(frozen=True, slots=True)
class PodDeleted(HostFault):
    """The bot's process is killed, its pod deleted, and no new one is admitted.

    Killed, because a deletion alone is a polite stop, even a forced one: the kubelet asks the
    process to end and waits for seconds, in which it may still answer. Deleted, because the kubelet
    would start the container of a pod again. A quota of no pods makes the API server refuse the
    next pod; unlike a scaled deployment, the ReplicaSet goes on trying, as it does where a cluster
    has no room.

    Attributes:
        bot: the bot's name.
    """

    bot: str = BOT

    @property
    def remedy(self) -> str:
        """See Breakage."""
        return f"{_kubectl(self.bot)} delete resourcequota {_QUOTA}"

    def find(self) -> list[str]:
        """See Breakage."""
        return _find_process(self.bot)

    def hold(self) -> list[str]:
        """See Breakage."""
        ours, hard = _kubectl(self.bot), "--output=jsonpath='{.status.hard.pods}'"
        counted = f"{ours} get resourcequota {_QUOTA} {hard}"
        return [
            *self.clear(),
            f"{ours} create quota {_QUOTA} --hard=pods=0 >/dev/null",
            *_until(f'[ "$({counted})" = 0 ]', [], "the quota of no pods does not take effect"),
        ]

    def strike(self) -> list[str]:
        """See Breakage."""
        return [_KILL, *renew_bot(self.bot)]

    def clear(self) -> list[str]:
        """See Breakage."""
        return [f"{_kubectl(self.bot)} delete resourcequota {_QUOTA} --ignore-not-found >/dev/null"]

    def start(self) -> list[str]:
        """See Breakage.

        After every refusal the ReplicaSet waits for longer; any change makes it try immediately.
        """
        change = f"{_kubectl(self.bot)} annotate replicaset {_pods(self.bot)} --overwrite"
        return [
            *_until(
                f"{_kubectl(self.bot)} get pods {_pods(self.bot)} --output=name | grep -q .",
                [f'{change} "{_QUOTA}=$try" >/dev/null'],
                f"the deployment {self.bot} makes no pod",
            ),
            f"{change} {_QUOTA}- >/dev/null",
        ]


@dataclass(frozen=True, slots=True)
class ScaledToZero(HostFault):
    """The deployment is scaled to no pods; the bot is stopped politely.

    Attributes:
        bot: the bot's name.
    """

    bot: str = BOT

    @property
    def remedy(self) -> str:
        """See Breakage."""
        return f"{_kubectl(self.bot)} scale deployment {self.bot} --replicas=1"

    def find(self) -> list[str]:
        """See Breakage.

        One is the rule, and what it is scaled to again: two bots would answer twice.
        """
        wanted = "--output=jsonpath='{.spec.replicas}'"
        return [
            f"replicas=$({_kubectl(self.bot)} get deployment {self.bot} {wanted})",
            f"complaint='the deployment {self.bot} is not scaled to 1'",
            '[ "$replicas" = 1 ] || { echo "$complaint, but to $replicas" >&2; exit 1; }',
        ]

    def strike(self) -> list[str]:
        """See Breakage."""
        return [f"{_kubectl(self.bot)} scale deployment {self.bot} --replicas=0 >/dev/null"]

    def start(self) -> list[str]:
        """See Breakage."""
        return [f"{self.remedy} >/dev/null"]


@dataclass(frozen=True, slots=True)
class ContainerKilled(HostFault):
    """The bot's process is killed; the kubelet starts it again, later after every kill.

    Undone by a new pod: its first restart comes immediately again, and it knows of no crashes.

    Attributes:
        bot: the bot's name.
    """

    bot: str = BOT
    stays: bool = False
    replaces: bool = True

    @property
    def remedy(self) -> str:
        """See Breakage."""
        return f"{_kubectl(self.bot)} delete pod {_pods(self.bot)} --wait=false"

    def find(self) -> list[str]:
        """See Breakage."""
        return _find_process(self.bot)

    def strike(self) -> list[str]:
        """See Breakage."""
        return [_KILL]

    def start(self) -> list[str]:
        """See Breakage."""
        return [f"{self.remedy} >/dev/null"]


def _until(condition: str, lines: list[str], complaint: str) -> list[str]:
    """Wait for a condition for some ten seconds, with lines to run before each further look."""
    return [
        "try=0",
        f"until {condition}; do",
        "try=$((try + 1))",
        f'[ "$try" -le 20 ] || {{ echo "{complaint}" >&2; exit 1; }}',
        *lines,
        "sleep 0.3",
        "done",
    ]


def _log(namespace: str, workload: str) -> Evidence:
    return Evidence(
        f"the last {_LOG_LINES} lines of {workload}'s log",
        f"{_TOOL} --namespace={namespace} logs {workload} --tail={_LOG_LINES}",
    )


def k3s(bot: str = BOT) -> Runtime:
    """Return the runtime with the bot of this name."""
    ours = _kubectl(bot)
    return Runtime(
        name="k3s",
        addresses=Addresses(*(f"http://127.0.0.1:{port}" for port in (30800, 30090, 30093))),
        preflight=f"{ours} get deployment {bot} >/dev/null",
        evidence=(
            Evidence(
                f"the pods and the last {_LOG_LINES} events of the namespace {bot}",
                f"{ours} get pods --output=wide; "
                f"{ours} get events --sort-by=.lastTimestamp | tail -n {_LOG_LINES}",
            ),
            _log(bot, f"deployment/{bot}"),
            _log("monitoring", "statefulset/prometheus"),
            _log("monitoring", "statefulset/alertmanager"),
        ),
    )
