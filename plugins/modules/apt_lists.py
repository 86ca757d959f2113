"""Refresh apt's package lists where they may be empty or old.

Apt's own time stamps do not tell: empty lists can have a fresh one, and a file's time is that of
the mirror. So this module leaves a stamp of its own, in a directory that a reboot clears.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: apt_lists
short_description: Refresh apt's package lists where they may be empty or old
description:
  - Refreshes the lists if there are none, if this module has not refreshed them within max_age_s,
    or if apt's sources or settings have changed since.
  - A source that fails is no failure of the module, as the others are refreshed all the same.
options:
  force:
    description: Whether to refresh in any case.
    type: bool
    default: false
  max_age_s:
    description: For how long the lists count as fresh.
    type: int
    default: 3600
  lock_timeout_s:
    description: How long to wait for another apt that refreshes the lists.
    type: int
    default: 300
  stamp:
    description: The file whose time says when this module last refreshed the lists.
    type: path
    default: /run/botwatch-apt-lists-refreshed
"""

RETURN = """
needed:
  description: Whether the lists were to be refreshed; in check mode they are not.
  type: bool
  returned: always
problems:
  description: What apt said of sources that failed, or of its settings; a line for each.
  type: list
  elements: str
  returned: always
"""

RunApt = Callable[[list[str]], tuple[int, str]]

# The lists and what decides about them, as apt itself names them.
PLACES = {
    "LISTS": "Dir::State::lists/d",
    "SOURCES": "Dir::Etc::sourcelist/f",
    "SOURCE_PARTS": "Dir::Etc::sourceparts/d",
    "SETTINGS": "Dir::Etc::main/f",
    "SETTING_PARTS": "Dir::Etc::parts/d",
    "PREFERENCES": "Dir::Etc::preferencesparts/d",
}
LOCKED = re.compile(r"^E: (Could not get lock .*)$", re.MULTILINE)
# Warnings about an old way to name a key, or about a source that is listed twice, harm nothing.
PROBLEM = re.compile(
    r"^(?:E: (.*)|W: ((?:Failed to fetch|GPG error|An error occurred during the signature).*))$",
    re.MULTILINE,
)
# What apt adds whenever one of its sources failed.
SUMMARY = re.compile(r"Some index files failed to download|Unable to lock directory")
LOCK_RETRY_S = 2.0


def is_stale(places: dict[str, Path], stamp: Path, max_age_s: float, now: float) -> bool:
    """Say whether the lists may be empty or old."""
    lists = places["LISTS"].glob("*_Packages*")  # packed or not
    if not any(path.is_file() and path.stat().st_size for path in lists) or not stamp.exists():
        return True
    refreshed_at = stamp.stat().st_mtime
    if not 0 <= now - refreshed_at <= max_age_s:
        return True
    return any(
        path.stat().st_mtime > refreshed_at
        for name, place in places.items()
        if name != "LISTS" and place.exists()
        for path in (place, *(place.glob("*") if place.is_dir() else ()))
        if path.exists()
    )


def problems_in(output: str) -> list[str]:
    """List what apt said of sources that failed."""
    said = [error or warning for error, warning in PROBLEM.findall(output)]
    return list(dict.fromkeys(line.strip() for line in said if not SUMMARY.search(line)))


def refresh(run_apt: RunApt, lock_timeout_s: float) -> tuple[str, list[str]]:
    """Refresh the lists; return what apt says of the lock if another apt keeps it, and problems."""
    ends_at = time.monotonic() + lock_timeout_s
    while True:
        code, output = run_apt(["apt-get", "update", "--quiet"])
        locked = LOCKED.search(output)
        if not (code and locked):
            return "", problems_in(output)
        if time.monotonic() >= ends_at:
            return locked.group(1), []
        time.sleep(LOCK_RETRY_S)


def main() -> None:
    """Refresh the lists if needed."""
    module = AnsibleModule(
        argument_spec={
            "force": {"type": "bool", "default": False},
            "max_age_s": {"type": "int", "default": 3600},
            "lock_timeout_s": {"type": "int", "default": 300},
            "stamp": {"type": "path", "default": "/run/botwatch-apt-lists-refreshed"},
        },
        supports_check_mode=True,
    )

    def run_apt(command: list[str]) -> tuple[int, str]:
        language = {"LC_ALL": "C.UTF-8", "LANGUAGE": "C"}
        code, output, errors = module.run_command(command, environ_update=language)
        return code, f"{output}\n{errors}"

    words = [word for place in PLACES.items() for word in place]
    code, output = run_apt(["apt-config", "shell", *words])
    found = re.findall(r"^(\w+)='(.*)'$", output, re.MULTILINE)
    places = {name: Path(path) for name, path in found}
    if code or "LISTS" not in places:
        module.fail_json(msg=f"Apt's settings cannot be read: {output.strip()}")
    stamp, max_age_s = Path(module.params["stamp"]), module.params["max_age_s"]
    needed = module.params["force"] or is_stale(places, stamp, max_age_s, time.time())
    problems: list[str] = []
    if needed and not module.check_mode:
        locked, problems = refresh(run_apt, module.params["lock_timeout_s"])
        if locked:
            module.fail_json(
                msg=f"Another apt keeps the package lists of the host locked ({locked}): wait until"
                " it has finished, or end it, and run this again."
            )
        stamp.touch()
    # The lists are apt's cache, not a state of the host that anybody asked for.
    module.exit_json(changed=False, needed=needed, problems=problems)


if __name__ == "__main__":
    main()
