"""Images that containerd has lost come back with the next run; one that is nowhere is refused."""

from __future__ import annotations

import json

from testinfra.host import Host

from clusters import kubectl
from k3s.site import Site

IMAGES = "/usr/local/bin/k3s ctr --namespace k8s.io images"
OWN = "localhost/botwatch/discord-bot:"
GIVEN = "docker.io/prom/alertmanager:"
REFUSED_WITHIN_S = 60.0


def images(host: Host) -> list[str]:
    shown: str = host.check_output(f"{IMAGES} list --quiet")
    return [name for name in shown.splitlines() if "@" not in name and not name.startswith("sha2")]


def test_the_bots_own_image_is_never_asked_of_a_registry(host: Host) -> None:
    deployment = json.loads(
        kubectl(host, "--namespace discord-bot get deployment discord-bot --output json")
    )
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["imagePullPolicy"] == "Never"
    assert container["image"].startswith(OWN)
    assert container["image"] in images(host)


def test_images_that_were_removed_come_back_and_what_needs_them_runs(
    host: Host, site: Site
) -> None:
    before = images(host)
    lost = [name for name in before if name.startswith((OWN, GIVEN))]
    assert len(lost) >= 2, before
    for name in lost:
        host.check_output(f"{IMAGES} rm %s", name)
    kubectl(host, "--namespace discord-bot delete pod --selector app=discord-bot --wait=false")
    kubectl(host, "--namespace monitoring delete pod alertmanager-0 --wait=false")
    run = site.playbook("site.yml")
    assert run.code == 0, run.output
    there = images(host)
    assert any(name.startswith(OWN) for name in there), there
    assert any(name.startswith(GIVEN) for name in there), there


def test_an_image_that_is_not_in_the_directory_is_refused_in_seconds(site: Site) -> None:
    run = site.playbook("site.yml", "-e", "prometheus_image=prom/prometheus:v0.0.1")
    assert run.code != 0
    said = " ".join(run.output.split())
    assert "holds the image prom/prometheus:v0.0.1 (prometheus_image)" in said
    assert "docker save" in said
    assert "changed=0" in said
    assert run.took_s < REFUSED_WITHIN_S
