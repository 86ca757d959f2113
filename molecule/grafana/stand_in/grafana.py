#!/usr/bin/python3
"""A stand-in for Grafana, where Grafana's own packages cannot be had.

It does what the role counts upon, as Grafana's documentation describes it: it reads grafana.ini,
the files of `provisioning` and the dashboards, takes the administrator's password from its file
when it makes its database and from its tool afterwards, asks for that password, refuses everybody
after five wrong ones, and answers the addresses of its API that the role and the tests ask. It is
stricter than Grafana: a setting that it does not know ends it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import sys
import time
from configparser import RawConfigParser
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

# Settings that Grafana has under these names from version 12 on, as its defaults.ini lists them.
KNOWN = {
    "paths": {"data", "logs", "plugins", "provisioning"},
    "server": {"http_addr", "http_port", "root_url"},
    "database": {"type", "path"},
    "security": {"admin_user", "admin_password", "cookie_secure", "disable_gravatar"},
    "users": {"allow_org_create", "allow_sign_up", "default_language", "default_theme"},
    "auth.anonymous": {"enabled"},
    "public_dashboards": {"enabled"},
    "snapshots": {"external_enabled"},
    "analytics": {
        "check_for_plugin_updates",
        "check_for_updates",
        "feedback_links_enabled",
        "reporting_enabled",
    },
    "cloud_migration": {"enabled"},
    "news": {"news_feed_enabled"},
    "plugins": {
        "plugin_admin_enabled",
        "preinstall_auto_update",
        "preinstall_disabled",
        "public_key_retrieval_disabled",
    },
    "dashboards": {"default_home_dashboard_path"},
    "log": {"mode"},
}
WRONG_PASSWORDS = 5
LOCKED_FOR_S = 300
SHORTEST_PASSWORD = 4

Data = dict[str, Any]


class Settings:
    """What grafana.ini says, above what the arguments say is the default."""

    def __init__(self, path: Path, arguments: list[str]) -> None:
        self.parser = RawConfigParser(delimiters=("=",), inline_comment_prefixes=("#", ";"))
        self.parser.optionxform = str  # type: ignore[assignment,method-assign] # as documented
        for argument in arguments:
            name, _, value = argument.removeprefix("cfg:default.").partition("=")
            section, _, option = name.rpartition(".")
            self.parser.read_dict({section: {option: value}})
        self.parser.read_string(path.read_text(encoding="utf-8"))
        self.refuse_what_is_unknown()

    def refuse_what_is_unknown(self) -> None:
        """End where a setting has a name that Grafana would pass over in silence."""
        for section in self.parser.sections():
            for option in self.parser.options(section):
                if option not in KNOWN.get(section, set()):
                    sys.exit(f"no such setting: [{section}] {option}")

    def get(self, section: str, option: str, default: str = "") -> str:
        """Read a setting; files that it names are read, too."""
        value = self.parser.get(section, option, fallback=default)
        file = re.fullmatch(r"\$__file\{(.+)\}", value)
        return Path(file[1]).read_text(encoding="utf-8").strip() if file else value

    def provisioned(self, kind: str) -> list[Data]:
        """Read the files of a kind in the directory `provisioning`."""
        folder = Path(self.get("paths", "provisioning")) / kind
        files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
        return [yaml.safe_load(file.read_text(encoding="utf-8")) or {} for file in files]


class Database:
    """The administrator's name and password, kept over restarts."""

    def __init__(self, settings: Settings) -> None:
        self.path = Path(settings.get("paths", "data")) / settings.get("database", "path")
        if not self.path.exists():
            self.write(
                settings.get("security", "admin_user", "admin"),
                settings.get("security", "admin_password", "admin"),
            )

    def write(self, user: str, password: str) -> None:
        """Keep a password, but not so that it can be read."""
        salt = secrets.token_hex(8)
        content = {"user": user, "salt": salt, "hash": self.digest(salt, password)}
        self.path.write_text(json.dumps(content), encoding="utf-8")

    def takes(self, user: str, password: str) -> bool:
        """Say whether this is the administrator."""
        kept = self.read()
        digest = self.digest(kept["salt"], password)
        return user == kept["user"] and hmac.compare_digest(digest, kept["hash"])

    def read(self) -> Data:
        """Give what is kept."""
        content: Data = json.loads(self.path.read_text(encoding="utf-8"))
        return content

    @staticmethod
    def digest(salt: str, password: str) -> str:
        """Make a password unreadable."""
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 10_000).hex()


@dataclass
class Grafana:
    """What the requests are answered from."""

    settings: Settings
    database: Database
    wrong: list[float] = field(default_factory=list)

    def let_in(self, header: str) -> bool:
        """Say whether somebody may see anything."""
        if self.settings.get("auth.anonymous", "enabled", "false") == "true":
            return True
        if not header.startswith("Basic "):
            return False
        now = time.monotonic()
        self.wrong = [at for at in self.wrong if now - at < LOCKED_FOR_S]
        user, _, password = base64.b64decode(header[6:]).decode().partition(":")
        if len(self.wrong) < WRONG_PASSWORDS and self.database.takes(user, password):
            return True
        self.wrong.append(now)
        return False

    def dashboards(self) -> dict[str, Data]:
        """Read the dashboards that the providers name."""
        folders = [
            Path(provider["options"]["path"])
            for file in self.settings.provisioned("dashboards")
            for provider in file.get("providers", [])
        ]
        read = [
            json.loads(path.read_text(encoding="utf-8"))
            for folder in folders
            for path in sorted(folder.glob("*.json"))
        ]
        return {dashboard["uid"]: dashboard for dashboard in read}

    def sources(self) -> dict[str, Data]:
        """Read the data sources."""
        files = self.settings.provisioned("datasources")
        return {source["uid"]: source for file in files for source in file.get("datasources", [])}

    def answer(self, path: str) -> tuple[int, object]:
        """Answer somebody who was let in."""
        match urlsplit(path).path.strip("/").split("/"):
            case ["api", "user"]:
                return 200, {"id": 1, "login": self.database.read()["user"]}
            case ["api", "datasources", "uid", uid, *rest] if uid in self.sources():
                source = self.sources()[uid]
                return self.health(source) if rest == ["health"] else (200, source)
            case ["api", "search"]:
                return 200, [
                    {"uid": uid, "title": dashboard["title"]}
                    for uid, dashboard in self.dashboards().items()
                ]
            case ["api", "dashboards", "home"]:
                home = Path(self.settings.get("dashboards", "default_home_dashboard_path"))
                return 200, {"dashboard": json.loads(home.read_text(encoding="utf-8"))}
            case ["api", "dashboards", "uid", uid] if uid in self.dashboards():
                return 200, {"dashboard": self.dashboards()[uid]}
        return 404, {"message": "Not found"}

    def health(self, source: Data) -> tuple[int, object]:
        """Ask a data source for something."""
        connection = HTTPConnection(urlsplit(source["url"]).netloc, timeout=5)
        try:
            connection.request("GET", "/api/v1/query?query=1")
            json.load(connection.getresponse())
        except (OSError, ValueError) as error:
            return 400, {"status": "ERROR", "message": str(error)}
        return 200, {"status": "OK", "message": "Successfully queried the Prometheus API."}


def handler(grafana: Grafana) -> type[BaseHTTPRequestHandler]:
    """Make what handles requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/api/health":
                status, body = 200, {"database": "ok", "version": version()}
            elif grafana.let_in(self.headers.get("Authorization", "")):
                status, body = grafana.answer(self.path)  # type: ignore[assignment] # any JSON
            else:
                status, body = 401, {"message": "Invalid username or password"}
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def version() -> str:
    """Read the version that the package was made with."""
    return (Path(__file__).resolve().parents[1] / "VERSION").read_text(encoding="utf-8").strip()


def serve(arguments: list[str]) -> None:
    """Answer until ended."""
    (config,) = [word.partition("=")[2] for word in arguments if word.startswith("--config=")]
    defaults = [word for word in arguments if word.startswith("cfg:default.")]
    settings = Settings(Path(config), defaults)
    grafana = Grafana(settings, Database(settings))
    address = settings.get("server", "http_addr") or "0.0.0.0"  # noqa: S104 # as Grafana does
    port = int(settings.get("server", "http_port", "3000"))
    sys.stdout.write(f"listens at {address}:{port}, with {', '.join(grafana.dashboards())}\n")
    sys.stdout.flush()
    ThreadingHTTPServer((address, port), handler(grafana)).serve_forever()


def reset_password(arguments: list[str]) -> None:
    """Set the password of the first user, which comes by the standard input."""
    if arguments[-3:] != ["admin", "reset-admin-password", "--password-from-stdin"]:
        sys.exit(f"not known: {arguments}")
    options = dict(zip(arguments[0:4:2], arguments[1:4:2], strict=True))
    if not (Path(options["--homepath"]) / "conf").is_dir():
        sys.exit(f"no home of Grafana: {options['--homepath']}")
    password = sys.stdin.readline().rstrip("\n")
    if len(password) < SHORTEST_PASSWORD:
        sys.exit("new password is too short")
    if os.geteuid() == 0:
        sys.exit("run by root, it would leave files that Grafana cannot write to")
    database = Database(Settings(Path(options["--config"]), []))
    database.write(database.read()["user"], password)


def main() -> None:
    """Do what the arguments say."""
    match sys.argv[1:]:
        case ["server", *arguments]:
            serve(arguments)
        case ["cli", *arguments]:
            reset_password(arguments)
        case arguments:
            sys.exit(f"not known: {arguments}")


if __name__ == "__main__":
    main()
