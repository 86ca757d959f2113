from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from botwatch_drill.host import HostError
from botwatch_drill.injection import Injection
from botwatch_drill.runtimes.k3s import KUBECONFIG, ContainerKilled, PodDeleted, ScaledToZero
from botwatch_drill.runtimes.known import detect
from botwatch_drill.stubbed import SYSTEMD_RUN, StubbedHost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from botwatch_drill.breakage import Breakage

CONTAINER = "0123456789abcdef"
# A cluster of files: `pod` is there while there is a pod, `quota` while there is the quota.
K3S = """
[ "$3 $6" != "--namespace=monitoring prometheus" ] || exit 0
[ "$1 $2 $3" = "kubectl --request-timeout=10s --namespace=my-bot" ] || exit 9
shift 3
printf '%s\\n' "$*" >>"$FAKE/log"
case $* in
  *go-template*) [ ! -e "$FAKE/pod" ] || echo "containerd://$(cat "$FAKE/pod")" ;;
  "get pods"*) [ ! -e "$FAKE/pod" ] || echo pod/my-bot-1 ;;
  "get deployment"*replicas*) cat "$FAKE/replicas" ;;
  "get deployment"*) ;;
  "get resourcequota"*) [ "$(grep -c "^$1 $2" "$FAKE/log")" -lt 2 ] || cat "$FAKE/quota" ;;
  "create quota"*) echo 0 >"$FAKE/quota"; echo created ;;
  "delete resourcequota"*) rm -f "$FAKE/quota"; echo deleted ;;
  "delete pod"*) rm "$FAKE/pod"; echo deleted ;;
  "scale deployment"*) echo "${4#--replicas=}" >"$FAKE/replicas"; echo scaled ;;
  "annotate replicaset"*=2) touch "$FAKE/pod"; echo annotated ;;
  "annotate replicaset"*) echo annotated ;;
  *) exit 8 ;;
esac
"""


@dataclass(frozen=True)
class K3sHost(StubbedHost):
    """A host whose cluster is made up."""

    def calls(self, *words: str) -> list[str]:
        """What kubectl was called with, as far as it begins with one of the words."""
        return [line for line in self.log if line.startswith(words)]

    def has(self, name: str) -> bool:
        return (self.directory / name).exists()


@pytest.fixture
def host(tmp_path: Path) -> K3sHost:
    made = K3sHost(tmp_path)
    made.program("usr/local/bin/k3s", K3S)
    made.program("bin/systemctl", 'echo "systemctl $*" >>"$FAKE/log"')
    made.program("bin/systemd-run", SYSTEMD_RUN)
    made.program("bin/sleep", "true")
    (tmp_path / "replicas").write_text("1\n")
    return made


@pytest.fixture
def victim(host: K3sHost) -> Iterator[subprocess.Popen[bytes]]:
    """The first process of the bot's container, with another one beside it."""
    with subprocess.Popen(["sleep", "60"]) as process:
        (host.directory / "pod").write_text(CONTAINER)
        for pid, inner in ((process.pid, 1), (1, 71)):
            directory = host.directory / "proc" / str(pid)
            directory.mkdir(parents=True)
            (directory / "cgroup").write_text(f"0::/kubepods.slice/cri-{CONTAINER}.scope\n")
            (directory / "status").write_text(f"Name:\tbot\nNSpid:\t{pid}\t{inner}\n")
        yield process
        process.kill()


def fault(breakage: Breakage, host: K3sHost) -> Injection:
    return Injection(breakage, host, fail_safe_s=180, pause_s=0.0)


def test_a_deleted_pod_stays_away(host: K3sHost, victim: subprocess.Popen[bytes]) -> None:
    before = time.time()
    assert before - 1 <= fault(PodDeleted("my-bot"), host).inject() <= time.time()
    assert victim.wait(timeout=5) == -9
    assert host.has("quota")
    assert not host.has("pod")
    assert "--on-active=180s" in next(line for line in host.log if line.startswith("systemd-run"))
    assert host.log[-1] == (
        "delete pod --selector=app=my-bot --force --grace-period=0 --wait=false"
    )


def test_nothing_is_broken_before_the_quota_is_in_force(
    host: K3sHost, victim: subprocess.Popen[bytes]
) -> None:
    fault(PodDeleted("my-bot"), host).inject()
    assert victim.wait(timeout=5) == -9
    looks = [line.startswith("get resourcequota") for line in host.log]
    assert looks.count(True) > 1
    assert host.log[len(looks) - looks[::-1].index(True)].startswith("delete pod")


def test_a_quota_that_does_not_come_into_force_breaks_nothing(
    host: K3sHost, victim: subprocess.Popen[bytes]
) -> None:
    host.program("usr/local/bin/k3s", K3S.replace("echo 0 >", "echo >"))
    with pytest.raises(HostError, match="the quota of no pods does not take effect"):
        fault(PodDeleted("my-bot"), host).inject()
    assert victim.poll() is None


@pytest.mark.parametrize("by_the_host", [False, True])
def test_undoing_it_takes_the_quota_away_and_makes_the_replicaset_try_immediately(
    host: K3sHost, victim: subprocess.Popen[bytes], *, by_the_host: bool
) -> None:
    broken = fault(PodDeleted("my-bot"), host)
    killed_at = broken.inject()
    assert victim.wait(timeout=5) == -9
    if by_the_host:
        host.run_fail_safe()
    else:
        assert broken.undo() >= killed_at
    assert not host.has("quota")
    assert host.has("pod")
    assert not list((host.directory / "run").iterdir())
    marks = [line.rsplit(" ", maxsplit=1)[-1] for line in host.calls("annotate")]
    assert marks == ["botwatch-drill=1", "botwatch-drill=2", "botwatch-drill-"]


def test_a_replicaset_that_makes_no_pod_is_reported(
    host: K3sHost, victim: subprocess.Popen[bytes]
) -> None:
    host.program("usr/local/bin/k3s", K3S.replace("*=2)", "never)"))
    broken = fault(PodDeleted("my-bot"), host)
    broken.inject()
    assert victim.wait(timeout=5) == -9
    with pytest.raises(HostError, match="my-bot makes no pod"):
        broken.undo()


def test_a_deployment_is_scaled_to_nothing_and_back(host: K3sHost) -> None:
    broken = fault(ScaledToZero("my-bot"), host)
    broken.inject()
    assert (host.directory / "replicas").read_text() == "0\n"
    assert any(line.startswith("systemd-run") for line in host.log)
    broken.undo()
    assert (host.directory / "replicas").read_text() == "1\n"
    assert not list((host.directory / "run").iterdir())


def test_the_fail_safe_scales_it_back(host: K3sHost) -> None:
    fault(ScaledToZero("my-bot"), host).inject()
    host.run_fail_safe()
    assert (host.directory / "replicas").read_text() == "1\n"


@pytest.mark.parametrize("replicas", ["0", "2"])
def test_a_deployment_that_is_not_scaled_to_one_is_left_alone(host: K3sHost, replicas: str) -> None:
    (host.directory / "replicas").write_text(replicas)
    with pytest.raises(HostError, match=f"is not scaled to 1, but to {replicas}"):
        fault(ScaledToZero("my-bot"), host).inject()
    assert not host.calls("scale")


def test_a_killed_container_gets_a_fresh_pod_in_the_end(
    host: K3sHost, victim: subprocess.Popen[bytes]
) -> None:
    broken = fault(ContainerKilled(bot="my-bot"), host)
    broken.inject()
    assert victim.wait(timeout=5) == -9
    assert len(host.log) == 1
    broken.undo()
    assert host.calls("delete pod") == ["delete pod --selector=app=my-bot --wait=false"]


@pytest.mark.parametrize("breakage", [PodDeleted("my-bot"), ContainerKilled(bot="my-bot")])
def test_a_bot_that_does_not_run_is_left_alone(host: K3sHost, breakage: Breakage) -> None:
    with pytest.raises(HostError, match="no container of the deployment my-bot runs"):
        fault(breakage, host).inject()
    (host.directory / "pod").write_text(CONTAINER)
    with pytest.raises(HostError, match=f"no process of the container {CONTAINER} runs"):
        fault(breakage, host).inject()
    assert not host.calls("delete", "create")


@pytest.mark.parametrize(
    ("kubeconfig", "deployed", "name"),
    [(True, True, "k3s"), (True, False, "systemd"), (False, True, "systemd")],
)
def test_a_cluster_counts_only_with_the_stack_in_it(
    host: K3sHost, name: str, *, kubeconfig: bool, deployed: bool
) -> None:
    class Elsewhere(K3sHost):
        def sh(self, script: str) -> str:
            return super().sh(script.replace(KUBECONFIG, f"{self.directory}/k3s.yaml"))

    if kubeconfig:
        (host.directory / "k3s.yaml").touch()
    if not deployed:
        host.program("usr/local/bin/k3s", "exit 1")
    assert detect(Elsewhere(host.directory)) == name
