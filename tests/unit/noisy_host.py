"""This machine as a host behind ssh and sudo, with all that they print between a task's lines.

Stand-ins for the programs `ssh` and `sudo`, as Ansible runs them: a banner comes first, a terminal
ends lines with a carriage return and merges both outputs, sudo gives a lecture, asks for the
password and prints an empty line, and ssh says goodbye.
"""

from __future__ import annotations

import sys
from pathlib import Path

PASSWORD = "it's a secret"
LECTURE = "We trust you have received the usual lecture."
BANNER = 'Welcome to {"this": [host]}!'
FAREWELL = "Shared connection to node closed."
TRAILER = "logout"

SSH = f"""#!{sys.executable}
import os, subprocess, sys
os.umask(0o077)
terminal = "-tt" in sys.argv
say = lambda text: os.write(1, text.encode())
say({BANNER!r} + ("\\r\\n" if terminal else "\\n"))
errors = subprocess.STDOUT if terminal else None
done = subprocess.Popen(["sh", "-c", sys.argv[-1]], stdout=subprocess.PIPE, stderr=errors)
while chunk := done.stdout.read1(65536):
    os.write(1, chunk.replace(b"\\n", b"\\r\\n") if terminal else chunk)
if "BECOME-SUCCESS" in sys.argv[-1]:
    say({TRAILER!r} + ("\\r\\n" if terminal else "\\n"))
if terminal:
    os.write(2, {FAREWELL!r}.encode() + b"\\r\\n")
raise SystemExit(done.wait())
"""

SUDO = f"""#!{sys.executable}
import os, sys
words = sys.argv[1:]
os.write(2, {LECTURE!r}.encode() + b"\\n\\n" + words[words.index("-p") + 1].encode())
given = b""
while not given.endswith(b"\\n"):
    given += os.read(0, 1)
os.write(2, b"\\n")
if given.decode().strip() != {PASSWORD!r}:
    raise SystemExit("sudo: 1 incorrect password attempt")
command = words[words.index("-u") + 2 :]
os.execvp(command[0], command)
"""


def noisy_host(folder: Path, *, pipelining: bool) -> dict[str, object]:
    """Return the variables that have Ansible reach this machine by the stand-ins."""
    programs = {}
    for name, text in (("ssh", SSH), ("sudo", SUDO)):
        program = folder / "noisy" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
        programs[name] = str(program)
    return {
        "ansible_connection": "ssh",
        "ansible_host": "node",
        "ansible_user": "somebody",
        "ansible_ssh_executable": programs["ssh"],
        "ansible_ssh_transfer_method": "piped",
        "ansible_pipelining": pipelining,
        "ansible_ssh_pipelining": pipelining,
        "ansible_remote_tmp": str(folder / "remote-tmp"),
        "ansible_python_interpreter": sys.executable,
        "ansible_become": True,
        "ansible_become_exe": programs["sudo"],
        "ansible_become_password": PASSWORD,
    }
