"""Gather what only k3s needs to know about a host; for the rest, see host_info and Ansible's facts.

Nothing is judged here: the role k3s compares this with what it needs and says what to do.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.reading import memory_mb, read

DOCUMENTATION = """
module: k3s_host_info
short_description: Gather what only k3s needs to know about a host
options:
  version:
    description: The version of k3s that is wanted.
    type: str
    required: true
  kind:
    description: What k3s is on this host.
    type: str
    choices: [server, agent]
    required: true
  options:
    description: Names of options that this version is to understand.
    type: list
    elements: str
    default: []
  kernel_modules:
    description: Parts of the kernel that must be there.
    type: list
    elements: str
    default: []
  is_active:
    description: Whether k3s is running, so that containerd can be asked for its images.
    type: bool
    required: true
  files:
    description: Files that k3s runs with, of which the role keeps the last that worked.
    type: list
    elements: str
    default: []
"""

RETURN = """
host:
  description: What was found.
  type: dict
  returned: always
"""

PROGRAMS = "usr/local/bin"
IMAGES = "var/lib/rancher/k3s/agent/images"
# One file per binary or archive that the role installed, named like it: what it was made of; and
# one per archive with the names of its images.
RECORDS = "usr/local/share/k3s"
WORKED = "etc/rancher/k3s/last-working"
AGENT = "var/lib/rancher/k3s/agent"
CONFIG = "etc/rancher/k3s/config.yaml"
TOOLS = ("kubectl", "crictl", "ctr")
LIST_IMAGES = ("ctr", "--namespace", "k8s.io", "images", "list", "--quiet")
# The kubelet's name in its certificate: a text of the types that names have there, and its length.
KUBELET = re.compile(rb"[\x0c\x13](?P<length>.)(?P<prefix>system:node:)", re.DOTALL)
NODE_NAME = re.compile(r"^node-name: *[\"']?([a-z0-9][a-z0-9.-]*)", re.MULTILINE)
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
FLAG = re.compile(r"(?<![\w-])--?([A-Za-z][\w-]*)")

Found = dict[str, Any]
Run = Callable[[list[str]], tuple[int, str]]


def cgroups(root: Path) -> Found:
    """List the controllers of the cgroups that are in use."""
    unified = root / "sys/fs/cgroup/cgroup.controllers"
    if unified.is_file():
        return {"version": 2, "controllers": sorted(unified.read_text().split())}
    table = root / "proc/cgroups"
    rows = [line.split() for line in table.read_text().splitlines()] if table.is_file() else []
    return {"version": 1, "controllers": sorted(row[0] for row in rows if row[-1] == "1")}


def kernel(root: Path, release: str, names: list[str]) -> Found:
    """Say which parts of the kernel are neither in it nor to be loaded into it."""
    directory = root / "lib/modules" / release
    listed = ""
    for index in ("modules.builtin", "modules.dep"):
        file = directory / index
        listed += file.read_text() if file.is_file() else ""
    # In a container /lib/modules is empty as a rule, though the kernel outside has what is needed.
    return {
        "modules_known": bool(listed),
        "modules_missing": [name for name in names if not has_module(root, listed, name)],
    }


def has_module(root: Path, listed: str, name: str) -> bool:
    """Tell whether a part of the kernel is there, or can be loaded."""
    file_systems = (root / "proc/filesystems").read_text().split()
    loaded = (root / "sys/module" / name).exists() or name in file_systems
    if name == "br_netfilter":  # built in, it shows only by its settings
        loaded = loaded or (root / "proc/sys/net/bridge").exists()
    spelling = name.replace("_", "[-_]")
    return loaded or bool(re.search(rf"/{spelling}\.ko(\.\w+)?(:|$)", listed, re.MULTILINE))


def installed(root: Path) -> Found:
    """Say which version the host's k3s is, or that it is not the one of this role."""
    program = root / PROGRAMS / "k3s"
    if not os.path.lexists(program):
        return {"version": "", "foreign": ""}
    target = Path(program).readlink().name if program.is_symlink() else ""
    if re.fullmatch(r"k3s-v\d.*", target):
        return {"version": target.removeprefix("k3s-"), "foreign": ""}
    return {"version": "", "foreign": f"/{PROGRAMS}/k3s"}


def records(root: Path) -> dict[str, str]:
    """Read the records of what is installed and was not touched since."""
    found = {}
    for record in sorted((root / RECORDS).glob("*.installed")):
        name = record.name.removesuffix(".installed")
        for directory in (PROGRAMS, IMAGES):
            file = root / directory / name
            # A file that was written again after its record is not what the record says.
            if file.is_file() and file.stat().st_ctime_ns <= record.stat().st_ctime_ns:
                found[name] = record.read_text().strip()
    return found


def archives(root: Path) -> dict[str, list[str]]:
    """Read which images the archives hold that the role installed."""
    listed = {
        record.name.removesuffix(".images"): record.read_text().split()
        for record in sorted((root / RECORDS).glob("*.images"))
    }
    return {name: images for name, images in listed.items() if (root / IMAGES / name).is_file()}


def missing_images(given: dict[str, list[str]], run: Run) -> dict[str, list[str]]:
    """Name the images of archives that containerd does not have any more, by archive."""
    code, words = run([f"/{PROGRAMS}/k3s", *LIST_IMAGES]) if given else (0, "")
    if code:  # nobody can say
        return {}
    present = set(words.split())
    missing = {name: sorted(set(images) - present) for name, images in given.items()}
    return {name: images for name, images in missing.items() if images}


def node_name(root: Path) -> str:
    """Say by which name the cluster knows this host; empty if it has not joined one.

    The certificate comes from the server, which gave it for that name. Where it is elsewhere, the
    kubelet's settings show that it has joined, and k3s' own say under which name.
    """
    certificate = root / AGENT / "client-kubelet.crt"
    if certificate.is_file() and (name := name_in(certificate.read_text())):
        return name
    config = root / CONFIG
    if (root / AGENT / "kubelet.kubeconfig").is_file() and config.is_file():
        found = NODE_NAME.search(config.read_text())
        return found.group(1) if found else ""
    return ""


def name_in(certificates: str) -> str:
    """Read a node's name from the certificate of its kubelet."""
    for text in CERTIFICATE.findall(certificates):
        content = ssl.PEM_cert_to_DER_cert(text)
        if found := KUBELET.search(content):
            start, end = found.end("prefix"), found.start("prefix") + found["length"][0]
            return content[start:end].decode()
    return ""


def machine_id(root: Path) -> str:
    """Read what the kubelet tells this machine from others by; D-Bus may have another one."""
    return (read(root / "etc/machine-id") or b"").decode().strip()


def binaries(root: Path) -> list[str]:
    """List the binaries, the newest first."""
    found = (root / PROGRAMS).glob("k3s-v*")
    return [path.name for path in sorted(found, key=lambda path: -path.stat().st_mtime_ns)]


def missing_links(root: Path, found: str | None) -> list[str]:
    """List the tools inside k3s that no program on the host is called like."""
    return [
        tool
        for tool in TOOLS
        if not os.path.lexists(root / PROGRAMS / tool) and shutil.which(tool, path=found) is None
    ]


def worked(root: Path, files: list[str]) -> Found:
    """Say which files are kept as the last that worked, and whether these are still in use."""
    kept = {path: root / WORKED / Path(path).name for path in files}
    same = all(read(copy) == read(root / path[1:]) for path, copy in kept.items())
    return {"files": [path for path, copy in kept.items() if copy.is_file()], "in_use": same}


def flags(text: str) -> list[str]:
    """List the flags that a help text explains."""
    heads = [re.split(r"\s{2,}", line.strip())[0] for line in text.splitlines()]
    return sorted({name for head in heads if head.startswith("-") for name in FLAG.findall(head)})


def unknown_options(known: list[str], options: list[str]) -> list[dict[str, str]]:
    """Name the options that are not known, each with the known one that looks most like it."""
    unknown = [name for name in options if name.rstrip("+") not in known]
    return [
        {"name": name, "similar": next(iter(get_close_matches(name, known, n=1)), "")}
        for name in unknown
    ]


def look(root: Path, wanted: Found, run: Run) -> Found:
    """Look at the host below `root`."""
    recorded = records(root)
    name = f"k3s-{wanted['version']}"
    known: list[str] = []
    if name in recorded and wanted["options"]:
        known = flags(run([str(root / PROGRAMS / name), wanted["kind"], "--help"])[1])
    given = archives(root)
    return {
        "memory_mb": memory_mb(root),
        "cgroups": cgroups(root),
        "kernel": kernel(root, os.uname().release, wanted["kernel_modules"]),
        "contained": (root / "run/systemd/container").exists(),
        "installed": installed(root),
        "records": recorded,
        "binaries": binaries(root),
        "missing_links": missing_links(root, os.environ.get("PATH")),
        "unknown_options": unknown_options(known, wanted["options"]) if known else [],
        "node_name": node_name(root),
        "machine_id": machine_id(root),
        "has_token": (root / "etc/rancher/k3s/token").is_file(),
        "worked": worked(root, wanted["files"]),
        "archives": given,
        "missing_images": missing_images(given, run) if wanted["is_active"] else {},
    }


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "version": {"type": "str", "required": True},
            "kind": {"type": "str", "required": True, "choices": ["agent", "server"]},
            "options": {"type": "list", "elements": "str", "default": []},
            "kernel_modules": {"type": "list", "elements": "str", "default": []},
            "is_active": {"type": "bool", "required": True},
            "files": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )

    def run(command: list[str]) -> tuple[int, str]:
        """Run a command; return its exit code and what it prints."""
        code, output, _ = module.run_command(command)
        return code, output

    module.exit_json(changed=False, host=look(Path("/"), module.params, run))


if __name__ == "__main__":
    main()
