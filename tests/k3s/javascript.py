"""An image with a bot in another language, made of this machine's programs without a registry."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from k3s.site import NODE, ROOT

IMAGE = "localhost/botwatch-tests/javascript:1"
ENTRYPOINT = 'ENTRYPOINT ["/usr/bin/node", "/app/bot.js"]'
IMPORT = ("/usr/local/bin/k3s", "ctr", "--namespace", "k8s.io", "images", "import")
LIBRARY = re.compile(r"(/\S+) \(0x")
# On the node.
ARCHIVE = "/root/javascript.tar"
# Some distributions keep modules of Node.js itself there.
MODULES = Path("/usr/share/nodejs")


def bring_image(directory: Path) -> None:
    """Put the image into the node's containerd."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js is not installed (node 18.19 or newer and npm run this test)")
    bot = shutil.copytree(ROOT / "tests/bots/javascript", directory / "bot")
    made = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"],
        cwd=bot, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"npm cannot install discord.js here: {made.stderr[-300:]}")
    root, archive = directory / "root.tar", directory / "image.tar"
    write_root(root, bot, node)
    run("docker", "import", "--change", ENTRYPOINT, str(root), IMAGE)
    run("docker", "save", "--output", str(archive), IMAGE)
    run("docker", "image", "rm", IMAGE)
    run("docker", "cp", str(archive), f"{NODE}:{ARCHIVE}")
    run("docker", "exec", NODE, *IMPORT, ARCHIVE)


def write_root(root: Path, bot: Path, node: str) -> None:
    """Write the file system: Node.js, its libraries and the bot, and no shell."""
    libraries = LIBRARY.findall(run("ldd", node))
    with tarfile.open(root, "w", dereference=True) as tar:
        tar.add(node, "usr/bin/node")
        for path in libraries:
            tar.add(path, path.lstrip("/"))
        if MODULES.is_dir():
            tar.add(MODULES, str(MODULES).lstrip("/"))
        tar.add(bot, "app")
        passwd = tarfile.TarInfo("etc/passwd")
        text = b"root:x:0:0:root:/root:/sbin/nologin\n"
        passwd.size = len(text)
        tar.addfile(passwd, io.BytesIO(text))


def run(*command: str) -> str:
    """Run a command; return what it printed."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
