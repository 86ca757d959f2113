"""The record of the releases of a service, and what follows from it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace

FORMAT = 1
FAILURE_LENGTH = 1000


@dataclass(frozen=True)
class Release:
    """What is known of a release; times are in ISO 8601, empty for what has not happened."""

    version: str
    source: str = ""
    installed_at: str = ""
    started_at: str = ""
    run: str = ""
    by: str = ""
    ready_at: str = ""
    failed_at: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Host:
    """What is on the host, whatever the record says.

    Attributes:
        complete: the releases that are installed, the oldest first.
        incomplete: directories of installations that were interrupted, or made for another Python.
        abandoned: those of them that nothing was installed into for a long time.
        unit_release: the release that the unit's file names.
        running: the releases whose files a process was started from.
    """

    complete: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    abandoned: frozenset[str] = frozenset()
    unit_release: str = ""
    running: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Record:
    """The releases, and which of them became ready last."""

    current: str = ""
    releases: tuple[Release, ...] = ()

    def get(self, version: str) -> Release:
        """Return what is known of a release."""
        found = [release for release in self.releases if release.version == version]
        return found[0] if found else Release(version)

    def put(self, changed: Release, *, last: bool = False) -> Record:
        """Return the record with a release changed, or added; `last` moves it to the end."""
        versions = [release.version for release in self.releases]
        if last or changed.version not in versions:
            others = [item for item in self.releases if item.version != changed.version]
            return replace(self, releases=(*others, changed))
        updated = [changed if item.version == changed.version else item for item in self.releases]
        return replace(self, releases=tuple(updated))

    def previous(self, version: str) -> str:
        """Return the release to go back to from this one: the last one that became ready."""
        if self.current not in ("", version):
            return self.current
        ready = [item.version for item in self.releases if item.ready_at]
        return next((name for name in reversed(ready) if name != version), "")


def parse(text: str) -> Record:
    """Read a record.

    Raises:
        ValueError: this module has not written it.
    """
    try:
        content = json.loads(text)
        releases = tuple(Release(**release) for release in content["releases"])
        if content["format"] != FORMAT:
            message = f"its format is {content['format']}"
            raise ValueError(message)
        return Record(content["current"], releases)
    except (KeyError, TypeError) as error:
        message = f"not a record of releases ({error})"
        raise ValueError(message) from error


def dump(record: Record) -> str:
    """Write a record."""
    releases = [asdict(release) for release in record.releases]
    content = {"format": FORMAT, "current": record.current, "releases": releases}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def adopt(host: Host, now: str) -> Record:
    """Make the record of a host that has none.

    Of the releases that it has, only the one that the unit starts is known to have run.
    """
    record = Record()
    for version in host.complete:
        record = record.put(Release(version))
    if host.unit_release in host.complete:
        record = apply(record, "ready", Release(host.unit_release), now)
    return record


def reconcile(record: Record, host: Host) -> Record:
    """Take what is not on the host any more out of the record, and add what is new there."""
    releases = [
        release
        for release in record.releases
        if release.version in host.complete or release.failed_at
    ]
    reconciled = Record(record.current if record.current in host.complete else "", tuple(releases))
    for release in releases:
        if release.version not in host.complete and release.ready_at:
            reconciled = reconciled.put(replace(release, ready_at=""))
    for version in host.complete:
        reconciled = reconciled.put(reconciled.get(version))
    return reconciled


def apply(record: Record, event: str, given: Release, now: str) -> Record:
    """Return the record after an event.

    Args:
        record: the record before it.
        event: see DOCUMENTATION.
        given: the release, and what is to be noted of it.
        now: the time, in ISO 8601.
    """
    known = record.get(given.version)
    if event == "installed":
        known = Release(known.version, source=given.source, installed_at=now)
        return record.put(known, last=True)
    if event == "started":
        known = replace(known, started_at=now, run=given.run, by=given.by)
        known = replace(known, ready_at="", failed_at="", failure="")
        return record.put(known, last=True)
    if event == "ready":
        known = replace(known, ready_at=now, failed_at="", failure="")
        return replace(record.put(known), current=known.version)
    known = replace(known, ready_at="", failed_at=now, failure=given.failure[-FAILURE_LENGTH:])
    current = "" if record.current == known.version else record.current
    return replace(record.put(known), current=current)


def unneeded(record: Record, host: Host, version: str, keep: int) -> list[str]:
    """List the directories to delete: never one that runs, starts or can be gone back to."""
    protected = {record.current, record.previous(record.current), host.unit_release, *host.running}
    if not record.get(version).failed_at:
        protected |= {version, record.previous(version)}
    failed = {release.version for release in record.releases if release.failed_at}
    order = [item.version for item in record.releases if item.version in host.complete]
    usable = [name for name in order if name not in failed]
    kept = protected | set(usable[-keep:])
    left = [name for name in host.incomplete if name == version or name in host.abandoned]
    return [name for name in [*left, *host.complete] if name not in kept]


def forget(record: Record, deleted: list[str], keep: int) -> Record:
    """Take deleted releases out of the record; the last failures stay, to be read."""
    failed = [release.version for release in record.releases if release.failed_at]
    gone = {name for name in deleted if name not in failed} | set(failed[:-keep])
    left = tuple(release for release in record.releases if release.version not in gone)
    return replace(record, releases=left)
