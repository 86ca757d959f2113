"""Slack behind a company's CA, and behind the company's proxy, which alone can find it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from testinfra.host import Host

import forward_proxy
from nodes import post_url, unit_property
from playbooks import Run, assert_done, assert_refused, play

PLAYBOOK = Path(__file__).with_name("company_network.yml")
NAME = "hooks.company.test"
SLACK_PORT, PROXY_PORT = 8443, 3128
WEBHOOK = f"https://{NAME}:{SLACK_PORT}/services/T0/B0/made-up"
PASSWORD = "sesame-0123456789"
PROXY = f"http://alpha:{PASSWORD}@127.0.0.1:{PROXY_PORT}"
FOLDER = "/srv/company"
TRUSTED = "/usr/local/share/ca-certificates/botwatch.crt"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
DELIVERY_LIMIT_S = 30
# As Slack: refuses what has no text, takes and writes down what has.
SLACK = """
import http.server, json, ssl, sys

class Slack(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        empty = not json.loads(body)
        if not empty:
            with open("messages", "ab") as file:
                file.write(body + b"\\n")
        answer = b"no_text" if empty else b"ok"
        self.send_response(400 if empty else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Slack)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a CA, and a certificate for Slack's stand-in that it issued, with its key."""
    folder = tmp_path_factory.mktemp("ca")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    for words in (
        ["req", "-x509", *key, "-subj", "/CN=Company CA", "-keyout", "ca.key", "-out", "ca.pem"],
        ["req", "-x509", *key, "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
         "-addext", "basicConstraints=critical,CA:FALSE", "-CA", "ca.pem", "-CAkey", "ca.key",
         "-keyout", "server.key", "-out", "server.crt"],
    ):  # fmt: skip
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    both = (folder / "server.crt").read_text() + (folder / "server.key").read_text()
    (folder / "server.pem").write_text(both)
    return folder / "ca.pem"


@pytest.fixture(scope="module", autouse=True)
def network(host: Host, ca: Path) -> Iterator[None]:
    """Run Slack's stand-in and the proxy on the node; have its configuration back afterwards."""
    put(host, "slack.py", SLACK)
    put(host, "forward_proxy.py", Path(forward_proxy.__file__).read_text())
    put(host, "server.pem", ca.with_name("server.pem").read_text())
    pids = [
        start(host, f"slack.py {SLACK_PORT}"),
        start(host, f"forward_proxy.py {PROXY_PORT} {FOLDER}/asked alpha:{PASSWORD} {NAME}"),
    ]
    for port in (SLACK_PORT, PROXY_PORT):
        host.check_output(f"timeout 10 sh -c 'until ss -ltn | grep -q :{port}; do sleep 0.1; done'")
    yield
    assert_done(play(PLAYBOOK))
    host.check_output("kill %s %s", *pids)
    host.check_output(f"rm -r {FOLDER}")


def put(host: Host, name: str, content: str) -> None:
    host.check_output(f"mkdir -p {FOLDER}")
    host.check_output("sh -c 'printf %%s \"$0\" >$1' %s %s", content, f"{FOLDER}/{name}")


def start(host: Host, command: str) -> str:
    script = f"cd {FOLDER}; python3 {command} >/dev/null 2>{FOLDER}/errors & echo $!"
    return str(host.check_output("sh -c %s", script))


def build(*options: str, ca: Path | None = None, **variables: object) -> Run:
    given = {"vault_slack_webhook_url": WEBHOOK, "botwatch_http_proxy": PROXY, **variables}
    if ca:
        given["host_ca_certificates"] = str(ca)
    return play(PLAYBOOK, *options, **given)


def alert(host: Host, name: str) -> None:
    """Have Alertmanager send a message, and wait for it."""
    alerts = [{"labels": {"alertname": name, "severity": "critical"}}]
    post_url(host, "http://127.0.0.1:9093/api/v2/alerts", alerts)
    deadline = time.monotonic() + DELIVERY_LIMIT_S
    while name not in host.run(f"cat {FOLDER}/messages").stdout:
        journal = host.run("journalctl --unit prometheus-alertmanager --lines 20").stdout
        assert time.monotonic() < deadline, journal
        time.sleep(0.5)


def test_without_the_ca_the_run_stops_before_anything_is_changed(host: Host) -> None:
    before = host.file("/etc/slack-secrets/webhook-url").content_string
    assert_refused(build(), "that this host does not trust", "host_ca_certificates")
    assert host.file("/etc/slack-secrets/webhook-url").content_string == before
    assert not host.file(TRUSTED).exists
    assert not host.file("/etc/botwatch").exists


def test_a_file_that_is_no_ca_stops_the_run(ca: Path) -> None:
    run = build(ca=ca.with_name("server.pem"))
    assert_refused(run, "host_ca_certificates", "server.pem holds a private key")
    assert PASSWORD not in run.stdout + run.stderr


def test_a_dry_run_knows_the_ca_that_is_yet_to_come(host: Host, ca: Path) -> None:
    run = build("--check", "--diff", ca=ca)
    assert_done(run)
    assert not host.file(TRUSTED).exists
    assert PASSWORD not in run.stdout + run.stderr


def test_messages_arrive_through_the_proxy_and_under_the_ca(host: Host, ca: Path) -> None:
    before = unit_property(host, "prometheus-alertmanager", "MainPID")
    run = build("--diff", ca=ca)
    assert_done(run)
    assert PASSWORD not in run.stdout + run.stderr
    assert unit_property(host, "prometheus-alertmanager", "MainPID") != before
    alert(host, "CompanyAlert")
    asked = host.file(f"{FOLDER}/asked").content_string
    assert f"CONNECT {NAME}:{SLACK_PORT}" in asked
    assert "refused" not in asked
    assert ca.read_text().strip() in host.file(BUNDLE).content_string
    again = build(ca=ca)
    assert_done(again)
    assert "changed=0" in again.stdout


def test_the_proxys_password_is_for_those_who_need_it(host: Host) -> None:
    readable = host.run(f"grep -rlF {PASSWORD} /etc /usr/local /run/systemd").stdout.split()
    assert readable
    for path in readable:
        assert host.file(path).mode & 0o007 == 0, path
    environment = unit_property(host, "prometheus-alertmanager", "Environment")
    assert PASSWORD not in environment


def test_apt_goes_through_the_proxy_but_for_this_host(host: Host) -> None:
    said = host.check_output("apt-config dump Acquire::http::Proxy")
    assert f'Acquire::http::Proxy "{PROXY}"' in said
    assert 'Acquire::http::Proxy::localhost "DIRECT"' in said


def test_python_downloads_through_the_proxy(host: Host) -> None:
    script = "import urllib.request; print(urllib.request.getproxies()['https'])"
    said = host.check_output("env PYTHONPATH=/etc/botwatch/python python3 -c %s", script)
    assert said == PROXY


def test_a_bundle_that_an_interrupted_run_has_left_old_is_renewed(host: Host, ca: Path) -> None:
    host.check_output("truncate --size=0 %s", BUNDLE)
    # Times are compared in whole seconds.
    replaced = "sleep 1.1; cp --preserve $0 /usr/local/share/new; mv /usr/local/share/new $0"
    host.check_output("sh -c %s %s", replaced, TRUSTED)
    assert_done(build(ca=ca))
    assert host.file(BUNDLE).size > 0


def test_all_of_it_is_removed_with_its_variables(host: Host) -> None:
    before = unit_property(host, "prometheus-alertmanager", "MainPID")
    assert_done(play(PLAYBOOK))
    assert unit_property(host, "prometheus-alertmanager", "MainPID") != before
    for path in (TRUSTED, "/etc/botwatch", "/etc/apt/apt.conf.d/95botwatch-proxy"):
        assert not host.file(path).exists, path
    assert host.run(f"grep -rlF {PASSWORD} /etc /usr/local").stdout == ""
    assert "botwatch" not in host.check_output("ls /etc/ssl/certs")
    again = play(PLAYBOOK)
    assert_done(again)
    assert "changed=0" in again.stdout
