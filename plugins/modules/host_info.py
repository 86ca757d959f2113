"""Gather everything that the preflight of all roles needs to know about a host, in one go.

Nothing is judged here: the roles compare this with what they need and say what to do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.dpkg import conffiles, dpkg_entries, dpkg_state, packages
from ..module_utils.reading import memory_mb, read
from ..module_utils.systemd import units_in

DOCUMENTATION = """
module: host_info
short_description: Gather everything that the preflight needs to know about a host
options:
  paths:
    description: Directories to describe the file systems of.
    type: list
    elements: str
    default: []
  units:
    description: Names of systemd services, without their suffix.
    type: list
    elements: str
    default: []
  owned:
    description:
      - What roles write, by role. C(mark) is the file that the role writes first and C(pattern) a
        regular expression that only the role's version of it matches; C(files) are globs of what it
        writes after that.
    type: dict
    default: {}
  cluster_namespaces:
    description: Namespaces to look for in k3s, if k3s runs.
    type: list
    elements: str
    default: []
"""

RETURN = """
host:
  description: What was found.
  type: dict
  returned: always
ansible_facts:
  description:
    - The installed packages, in the shape of ansible.builtin.package_facts; and, as C(tcp_listen),
      the address, port, pid and name of each process that listens, as in
      community.general.listen_ports_facts.
  type: dict
  returned: always
"""

DAEMON_JSON = "etc/docker/daemon.json"
DOCKER_SOCKET = "run/docker.sock"
# Where administrators put units, in the order in which systemd looks there.
UNIT_DIRECTORIES = ("etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system")
VENDOR_UNIT_DIRECTORIES = ("lib/systemd/system", "usr/lib/systemd/system")
# Configuration that a package's scripts copy from an example is no conffile of dpkg's.
COPIED_EXAMPLES = {"etc/grafana/grafana.ini": "usr/share/grafana/conf/sample.ini"}
LISTENERS = ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes"]
NO_LISTENERS = (
    "The host cannot say which ports are taken, as it has no ss: install its package iproute2."
)
LISTENER = re.compile(r'\("([^"]*)",pid=(\d+)')
FIREWALLS = {"ufw": "ufw", "firewalld": "firewall-cmd"}
PROPERTIES = "Id,LoadState,ActiveState,UnitFileState,MainPID"
SERVICE = re.compile(r"/([^/\n]+)\.service(?:/|$)", re.MULTILINE)
IN_POD = re.compile(r"/kubepods[./-]|/kubepods$", re.MULTILINE)

Found = dict[str, Any]
Ask = Callable[[list[str]], tuple[int, str]]


def file_system(root: Path, path: str) -> Found:
    """Describe the file system of a directory, or of the closest one that exists."""
    directory = root / path.lstrip("/")
    while not directory.is_dir():
        directory = directory.parent
    status = os.statvfs(directory)
    return {
        "path": path,
        "free_mb": status.f_bavail * status.f_frsize // 1024**2,
        # Some file systems have no such limit, and say 0 of 0.
        "free_files": status.f_favail if status.f_files else None,
        "read_only": bool(status.f_flag & os.ST_RDONLY),
        "noexec": bool(status.f_flag & os.ST_NOEXEC),
    }


def is_as_delivered(root: Path, path: Path, delivered: dict[str, str]) -> bool:
    """Tell whether nobody has changed a file since its package delivered it."""
    name, content = str(path.relative_to(root)), read(path)
    if content is None:
        return False
    if name in COPIED_EXAMPLES:
        return content == read(root / COPIED_EXAMPLES[name])
    return hashlib.md5(content, usedforsecurity=False).hexdigest() == delivered.get(name)


def foreign_files(root: Path, owned: dict[str, Found], delivered: dict[str, str]) -> Found:
    """List, by role, the files that the role would overwrite though it did not write them."""
    found = {}
    for role, own in owned.items():
        mark = root / own["mark"].lstrip("/")
        content = (read(mark) or b"").decode(errors="replace")
        is_own = re.search(own["pattern"], content) is not None
        globs = [own["mark"], *own.get("files", [])]
        paths = [path for glob in globs for path in sorted(root.glob(glob.lstrip("/")))]
        # A dangling link is no file for glob, in old versions of Python.
        if mark.is_symlink() and mark not in paths:
            paths.insert(0, mark)
        foreign = [path for path in paths if not is_as_delivered(root, path, delivered)]
        found[role] = {
            "own": is_own,
            "foreign": [] if is_own else [f"/{path.relative_to(root)}" for path in foreign],
        }
    return found


def unit_overrides(root: Path, name: str) -> Found:
    """Find what replaces a package's unit: another unit file, or drop-ins with another command."""
    overrides, masked = [], False
    for directory in UNIT_DIRECTORIES:
        path = root / directory / f"{name}.service"
        target = str(path.readlink()) if path.is_symlink() else ""
        if target == os.devnull:
            masked = True
        elif os.path.lexists(path) and not target.lstrip("/").startswith(VENDOR_UNIT_DIRECTORIES):
            overrides.append(path)
        drop_ins = sorted((root / directory / f"{name}.service.d").glob("*.conf"))
        overrides += [path for path in drop_ins if b"\nExecStart=" in b"\n" + (read(path) or b"")]
    return {"overrides": [f"/{path.relative_to(root)}" for path in overrides], "masked": masked}


def processes(root: Path) -> tuple[dict[str, list[int]], list[int]]:
    """List the processes of each systemd service by its name, and those in Kubernetes' pods."""
    services: dict[str, list[int]] = {}
    pods = []
    for file in (root / "proc").glob("[0-9]*/cgroup"):
        try:
            groups = file.read_text()
        except OSError:  # it has just ended
            continue
        pid = int(file.parent.name)
        for name in set(SERVICE.findall(groups)):
            services.setdefault(name, []).append(pid)
        if IN_POD.search(groups):
            pods.append(pid)
    return services, sorted(pods)


def units(root: Path, names: list[str], services: dict[str, list[int]], ask: Ask) -> Found:
    """Say of each unit whether it runs or will at the next boot, and where it comes from."""
    if not names:
        return {}
    command = [
        "systemctl",
        "show",
        f"--property={PROPERTIES}",
        *(f"{name}.service" for name in names),
    ]
    states = units_in(ask(command)[1])
    # By their order, as an alias has another Id.
    states += [{}] * (len(names) - len(states))
    found = {}
    for name, state in zip(names, states, strict=False):
        main = int(state.get("MainPID") or 0)
        found[name] = {
            "state": state.get("ActiveState", "unknown"),
            "active": state.get("ActiveState") in ("active", "activating", "reloading"),
            "enabled": state.get("UnitFileState", "").startswith("enabled"),
            "pids": sorted({*services.get(name, []), *([main] if main else [])}),
            **unit_overrides(root, name),
        }
    return found


def cluster(namespaces: list[str], *, runs: bool, ask: Ask) -> Found:
    """Say which namespaces k3s has; without an answer, nobody knows."""
    if not (runs and namespaces):
        return {"runs": runs, "answers": False, "namespaces": []}
    words = ["/usr/local/bin/k3s", "kubectl", "--request-timeout=10s", "get", "namespaces"]
    code, said = ask([*words, "--ignore-not-found", "--output=name", *namespaces])
    found = [line.removeprefix("namespace/") for line in said.splitlines()]
    return {"runs": runs, "answers": code == 0, "namespaces": found if code == 0 else []}


def no_duplicates(pairs: list[tuple[str, Any]]) -> Found:
    """Make a mapping, unless a name is in it twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        message = f"sets {next(name for name in names if names.count(name) > 1)} more than once"
        raise ValueError(message)
    return found


def no_constant(name: str) -> None:
    """Refuse what Python reads beyond JSON."""
    message = f"is not valid JSON ({name} is no number)"
    raise ValueError(message)


def daemon_json(root: Path) -> Found:
    """Read the settings of the Docker Engine; if they cannot be read, say why."""
    path = root / DAEMON_JSON
    settings: Found = {}
    content, fault = None, ""
    if os.path.lexists(path):
        try:
            content = settings_file(path)
            settings = parse_settings(content)
        except ValueError as error:
            content, fault = None, str(error)
    encoded = None if content is None else base64.b64encode(content).decode()
    return {"fault": fault, "settings": settings, "content": encoded}


def settings_file(path: Path) -> bytes:
    """Read a file that this role may replace.

    Raises:
        ValueError: It is not a regular file, or cannot be read; the message says what it is.
    """
    if path.is_symlink():
        message = f"is a symbolic link to {path.readlink()}, which this role would replace"
        raise ValueError(message)
    try:
        # Opening a pipe would block.
        if path.is_file() or path.is_dir():
            return path.read_bytes()
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise ValueError(message) from error
    message = "is not a regular file"
    raise ValueError(message)


def parse_settings(content: bytes) -> Found:
    """Parse settings as JSON.

    Raises:
        ValueError: The Docker Engine, or some versions of it, could not read them.
    """
    try:
        settings = json.loads(
            content.decode(), object_pairs_hook=no_duplicates, parse_constant=no_constant
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        message = f"is not valid JSON ({error})"
        raise ValueError(message) from error
    if not isinstance(settings, dict):
        message = "holds no JSON object"
        raise ValueError(message)  # noqa: TRY004 # the file's fault, not the program's
    return settings


def listeners(shown: str) -> list[Found]:
    """Read which processes listen on TCP ports, as `ss` shows them; each address is an entry."""
    found = []
    for line in shown.splitlines():
        host, _, port = line.split()[3].rpartition(":")
        address = ip_address(host.strip("[]").partition("%")[0].replace("*", "::"))
        shown_as = str(getattr(address, "ipv4_mapped", None) or address)
        for name, pid in LISTENER.findall(line):
            entry = {"address": shown_as, "port": int(port), "pid": int(pid), "name": name}
            found += [entry] if entry not in found else []
    return found


def firewalls() -> list[str]:
    """List the firewall managers that are installed."""
    paths = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin"
    return [name for name, program in FIREWALLS.items() if shutil.which(program, path=paths)]


def gather(root: Path, wanted: Found, ask: Ask) -> tuple[Found, Found]:
    """Describe the host below `root`; also return its facts."""
    code, listening = ask(LISTENERS)
    if code:
        raise OSError(NO_LISTENERS)
    entries = dpkg_entries(root)
    services, pods = processes(root)
    states = units(root, wanted["units"], services, ask)
    k3s = [states[name] for name in ("k3s", "k3s-agent") if name in states]
    runs = any(state["active"] or state["enabled"] for state in k3s)
    host = {
        "time": time.time(),
        "architecture": ask(["dpkg", "--print-architecture"])[1].strip(),
        "memory_mb": memory_mb(root),
        "file_systems": [file_system(root, path) for path in wanted["paths"]],
        "dpkg": dpkg_state(root, entries),
        "roles": foreign_files(root, wanted["owned"], conffiles(entries)),
        "units": states,
        "pods": pods,
        "cluster": cluster(wanted["cluster_namespaces"], runs=runs, ask=ask),
        "docker_settings": daemon_json(root),
        "docker_socket": (root / DOCKER_SOCKET).is_socket(),
        "firewalls": firewalls(),
    }
    return host, {"packages": packages(entries), "tcp_listen": listeners(listening)}


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "str", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "owned": {"type": "dict", "default": {}},
            "cluster_namespaces": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )

    def ask(command: list[str]) -> tuple[int, str]:
        """Run a command; return its exit code and what it prints. One that is missing fails."""
        try:
            code, said, _ = module.run_command(command, handle_exceptions=False)
        except OSError:
            return 127, ""
        return int(code), str(said)

    try:
        host, facts = gather(Path("/"), module.params, ask)
    except OSError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, host=host, ansible_facts=facts)


if __name__ == "__main__":
    main()
