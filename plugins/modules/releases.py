"""Keep the record of a service's releases, and delete those that nobody needs any more.

Releases are directories in `releases/`. One is complete when it holds the file `installed` and its
packages are for the host's Python: after an upgrade of the distribution, that is another minor
version, which does not find them. One that runs in a container names its image in the file `image`,
which Podman must have. What has happened to a release is in `releases.json` beside them,
which is replaced in one step. The previous release is the last one that became ready, never the
newest directory: a release that is not complete, or that failed, is no way back.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.release_record import (
    Host,
    Record,
    Release,
    adopt,
    apply,
    dump,
    forget,
    parse,
    reconcile,
    unneeded,
)

DOCUMENTATION = """
module: releases
short_description: Keep the record of a service's releases
description:
  - Without an event, reads the record and changes nothing.
  - A host without a record has one made from its directories; the release that the unit starts
    counts as the one that runs.
  - All times are the host's, in UTC.
options:
  path:
    description: The directory that holds releases/ and releases.json.
    type: path
    required: true
  unit:
    description: The systemd unit that starts the service.
    type: str
    required: true
  version:
    description: The release that this is about, the name of its directory.
    type: str
    required: true
  event:
    description:
      - What has happened to the release. It is complete (installed), about to be started (started),
        ready (ready), or it cannot be used (failed).
      - Releases that are not needed are deleted after each event but started.
    type: str
    choices: [installed, started, ready, failed]
  source:
    description: Where the release comes from (installed).
    type: str
    default: ""
  run:
    description: The run that starts the release (started).
    type: str
    default: ""
  by:
    description: Who started that run (started).
    type: str
    default: ""
  failure:
    description: Why the release failed (failed).
    type: str
    default: ""
  keep:
    description: How many releases to keep. The running and the previous one are always kept.
    type: int
    default: 3
"""

RETURN = """
current:
  description: The release that became ready last; empty if none has.
  type: str
  returned: always
previous:
  description: The release to go back to if this one fails; empty if there is none.
  type: str
  returned: always
unit_release:
  description: The release that the unit starts; empty if there is none.
  type: str
  returned: always
is_complete:
  description:
    - Whether the release is installed, for the Python that the host has now, or with its image.
  type: bool
  returned: always
is_current:
  description: Whether the release is the one that became ready last, and the unit starts it.
  type: bool
  returned: always
releases:
  description: The record, the release that was started last at the end.
  type: list
  returned: always
deleted:
  description: The releases that were deleted.
  type: list
  returned: always
run:
  description: A new name for this run.
  type: str
  returned: always
now:
  description: The host's time, in seconds.
  type: int
  returned: always
"""

MARKER = "installed"
# Of a release.
ENVIRONMENT = "venv"
IMAGE = "image"
PRINT_VERSION = "import sys; print('python%d.%d' % sys.version_info[:2])"
RECORD = "releases.json"
# Another run may be installing what is younger.
ABANDONED_AFTER_S = 3600.0

Run = Callable[[list[str]], tuple[int, str, str]]


class Store:
    """The directory with the releases and their record."""

    def __init__(self, path: Path, unit: str, run: Run) -> None:
        self.path, self.unit, self._run = path, unit, run
        self.releases = path / "releases"
        self._name = re.compile(re.escape(f"{self.releases}/") + r"([^/\s\0]+)/")

    def look(self) -> Host:
        """See what is on the host."""
        inside = sorted(self.releases.iterdir()) if self.releases.is_dir() else []
        found = [path for path in inside if path.is_dir() and not path.is_symlink()]
        complete = [path for path in found if self._is_complete(path)]
        complete.sort(key=lambda path: (path / MARKER).stat().st_mtime)
        incomplete = [path for path in found if path not in complete]
        named = self._name.search(self._unit_file())
        return Host(
            [path.name for path in complete],
            [path.name for path in incomplete],
            frozenset(path.name for path in incomplete if is_abandoned(path)),
            named[1] if named else "",
            frozenset(self._running()),
        )

    def read(self) -> Record | None:
        """Read the record; None if there is none yet."""
        try:
            text = (self.path / RECORD).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return parse(text)

    def write(self, record: Record) -> None:
        """Replace the record in one step, also when the host loses its power."""
        new = self.path / f"{RECORD}.new"
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        with new.open("wb") as file:
            file.write(dump(record).encode())
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path / RECORD)

    def mark(self, version: str) -> None:
        """Mark a release as complete."""
        marker = self.releases / version / MARKER
        marker.touch()
        marker.chmod(0o644)

    def delete(self, versions: list[str]) -> None:
        """Delete releases; one that is deleted half-way is not complete any more."""
        for version in versions:
            (self.releases / version / MARKER).unlink(missing_ok=True)
            shutil.rmtree(self.releases / version)

    def _is_complete(self, release: Path) -> bool:
        """Say whether a release is installed, for the Python that starts it, or with its image."""
        if not (release / MARKER).is_file():
            return False
        if (release / IMAGE).is_file():
            image = (release / IMAGE).read_text(encoding="utf-8").strip()
            return self._run(["podman", "image", "exists", image])[0] == 0
        environment = release / ENVIRONMENT
        # A link to the distribution's; the Python that runs this module may be another one.
        python = environment / "bin/python3"
        if not os.access(python, os.X_OK):
            return False
        code, version, _ = self._run([str(python), "-I", "-S", "-c", PRINT_VERSION])
        return code == 0 and (environment / "lib" / version.strip() / "site-packages").is_dir()

    def _unit_file(self) -> str:
        return self._run(["systemctl", "cat", "--no-pager", self.unit])[1]

    def _running(self) -> set[str]:
        """Name the releases that are in the command line of a process."""
        found: set[str] = set()
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes().decode(errors="replace")
            except OSError:  # it has ended meanwhile
                continue
            found |= set(self._name.findall(line))
        return found


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other runs from the releases; a host without the directory has none."""
    if not path.is_dir():
        yield
        return
    directory = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def is_abandoned(directory: Path) -> bool:
    """Say whether nothing was installed into a directory for a long time."""
    return time.time() - directory.stat().st_mtime > ABANDONED_AFTER_S


def iso(seconds: float) -> str:
    """Write a time in ISO 8601."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def update(store: Store, arguments: dict[str, Any], *, dry: bool) -> dict[str, Any]:
    """Do what the module does, and return its result."""
    now, event, version = int(time.time()), arguments["event"], arguments["version"]
    given = Release(
        version, arguments["source"], run=arguments["run"], by=arguments["by"],
        failure=arguments["failure"],
    )  # fmt: skip
    changing = bool(event) and not dry
    if changing and event == "installed":
        store.mark(version)
    host, record = store.look(), store.read()
    record = adopt(host, iso(now)) if record is None else reconcile(record, host)
    deleted: list[str] = []
    if changing:
        record = apply(record, event, given, iso(now))
        store.write(record)
        if event != "started":
            deleted = unneeded(record, host, version, arguments["keep"])
            store.delete(deleted)
            record = forget(record, deleted, arguments["keep"])
            store.write(record)
    return {
        "changed": changing,
        "current": record.current,
        "previous": record.previous(version),
        "unit_release": host.unit_release,
        "is_complete": version in host.complete and version not in deleted,
        "is_current": record.current == version and host.unit_release in ("", version),
        "releases": [asdict(release) for release in record.releases],
        "deleted": deleted,
        "run": f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}-{secrets.token_hex(2)}",
        "now": now,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "unit": {"type": "str", "required": True},
            "version": {"type": "str", "required": True},
            "event": {"type": "str", "choices": ["installed", "started", "ready", "failed"]},
            "source": {"type": "str", "default": ""},
            "run": {"type": "str", "default": ""},
            "by": {"type": "str", "default": ""},
            "failure": {"type": "str", "default": ""},
            "keep": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )

    def run(command: list[str]) -> tuple[int, str, str]:
        """Run a command; one that the host does not have fails like others."""
        try:
            code, out, err = module.run_command(command, handle_exceptions=False)
        except OSError as error:
            return 127, "", str(error)
        return code, out, err

    store = Store(Path(module.params["path"]), module.params["unit"], run)
    try:
        with locked(store.path):
            result = update(store, module.params, dry=module.check_mode)
    except OSError as error:
        module.fail_json(
            msg=f"The releases in {store.releases} cannot be read or changed: {error}. Run this "
            "again; if it fails again, look at the disk and at the rights of that directory."
        )
    except ValueError as error:
        path = store.path / RECORD
        module.fail_json(
            msg=f"{path} cannot be read: {error}. Somebody has edited it, or a newer version of "
            f"botwatch wrote it. Restore it or delete it: a new one is then made, in which only "
            f"the release that {store.unit} starts counts as one that ran."
        )
    module.exit_json(**result)


if __name__ == "__main__":
    main()
