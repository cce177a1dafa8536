"""hearth why DEVICE --at TIME: what a device did at a moment of the past, and why."""

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.config import load
from agent.model.picture import JournalEntry
from agent.store.connection import connect_reader
from agent.store.journal import around, oldest_s

VERSION = 1
ENTRIES = 5


class NoTime(Exception):
    """What was given is no time; the message says what would be."""


def why_then(config: Path, device: str, at: str, *, as_json: bool) -> int:
    """Print what was decided; 1 = nothing is known of that moment.

    Raises:
        ConfigError: the config file cannot be used.
    """
    settings = load(config)
    zone, path = ZoneInfo(settings.house.timezone), settings.store.path
    try:
        instant = moment(at, datetime.now(UTC), zone)
        if not path.exists():
            raise NoTime(f"there is no database at {path}; Hearth has not run yet")
        with closing(connect_reader(path)) as db:
            before, after = around(db, device, instant, ENTRIES)
            begins_s = oldest_s(db)
    except NoTime as error:
        print(error, file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"{path} cannot be read ({error}). Remedy: use sudo", file=sys.stderr)
        return 1
    if not before:
        print(_nothing(device, instant, begins_s, zone), file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(_document(device, instant, before, after), indent=2))
        return 0
    for line in _lines(device, instant, before, after, zone):
        print(line)
    return 0


def moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """An instant as people write it: "07:00" (the last one), "2026-11-20 07:00", or with an offset.

    Raises:
        NoTime
    """
    local = now.astimezone(zone)
    try:
        if len(text) <= len("07:00:00"):
            clock = datetime.strptime(text, "%H:%M:%S" if text.count(":") > 1 else "%H:%M")  # noqa: DTZ007
            wall = local.replace(
                hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0, fold=0
            )
            return (wall if wall <= local else wall - timedelta(days=1)).astimezone(UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NoTime(f'"{text}" is no time; write 07:00, or 2026-11-20 07:00') from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _nothing(device: str, at: datetime, begins_s: float | None, zone: tzinfo) -> str:
    if begins_s is None:
        return "the journal is empty; Hearth has decided nothing yet"
    begins = datetime.fromtimestamp(begins_s, zone)
    if at.timestamp() < begins_s:
        return f"the journal begins at {begins:%Y-%m-%d %H:%M}; ask for a later time"
    return f"the journal says nothing of {device}; ask with the id that hearth status shows"


def _lines(
    device: str,
    at: datetime,
    before: Sequence[JournalEntry],
    after: JournalEntry | None,
    zone: tzinfo,
) -> Iterator[str]:
    newest = before[0]
    yield f"{device} at {at.astimezone(zone):%Y-%m-%d %H:%M}: {newest.does}"
    yield f"  Why: {newest.reason.sentence}"
    figures = ", ".join(f"{name} {value}" for name, value in newest.reason.inputs.items())
    if figures:
        yield f"  Figures: {figures}"
    yield f"  Decided at {newest.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if after is not None:
        then = after.at.astimezone(zone)
        yield f"  Until {then:%Y-%m-%d %H:%M:%S}; then: {after.reason.sentence}"
    if len(before) > 1:
        yield ""
        yield "Before that"
        for entry in before[1:]:
            yield f"  {entry.at.astimezone(zone):%Y-%m-%d %H:%M}  {entry.reason.sentence}"


def _document(
    device: str, at: datetime, before: Sequence[JournalEntry], after: JournalEntry | None
) -> dict[str, object]:
    return {
        "version": VERSION,
        "deviceId": device,
        "at": at.isoformat(),
        "entries": [_entry(entry) for entry in before],
        "next": None if after is None else _entry(after),
    }


def _entry(entry: JournalEntry) -> dict[str, object]:
    return {
        "at": entry.at.isoformat(),
        "does": entry.does,
        "code": entry.reason.code.value,
        "sentence": entry.reason.sentence,
        "inputs": dict(entry.reason.inputs),
    }
