"""hearth why DEVICE --at TIME: what a device did at a moment of the past, and why."""

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.cli.figures import figures
from agent.cli.words import show
from agent.config import Settings, load
from agent.config.names import slug_of
from agent.model.picture import JournalEntry
from agent.model.readings import BatteryMode
from agent.plan.held import DEEDS
from agent.store.connection import connect_reader
from agent.store.journal import around, charger_of, devices, last_seen_s, oldest_s

VERSION = 1
ENTRIES = 5


LATE = timedelta(minutes=5)
"""Within which a running Hearth writes down that it runs."""


class NoTime(Exception):
    """What was given is no time; the message says what would be."""


class NothingKnown(Exception):
    """Nothing is known of that device then; the message says of what or when it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What was decided around an instant.

    Args:
        device: its id. at: aware.
        before: up to then, newest first. after: the next one.
    """

    device: str
    at: datetime
    before: Sequence[JournalEntry]
    after: JournalEntry | None


def why_then(config: Path, word: str, at: str, *, as_json: bool) -> int:
    """Print what was decided; 1 = nothing is known of that moment.

    Args:
        word: id or name of a device; of a car, what its charger did is told.

    Raises:
        ConfigError: the config file cannot be used.
    """
    settings = load(config)
    zone, path = ZoneInfo(settings.house.timezone), settings.store.path
    try:
        if not path.exists():
            raise NothingKnown(f"there is no database at {path}; Hearth has not run yet")
        with closing(connect_reader(path)) as db:
            seen_s = last_seen_s(db)
            seen = datetime.now(UTC) if seen_s is None else datetime.fromtimestamp(seen_s, UTC)
            instant = moment(at, seen, zone)
            then = _then(db, _device(db, settings, word, instant), instant)
            _check(then, db, seen, zone)
    except (NoTime, NothingKnown) as error:
        print(error, file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"{path} cannot be read ({error}). Remedy: use sudo", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(_document(then), indent=2))
        return 0
    show(_lines(then, zone))
    return 0


def _then(db: sqlite3.Connection, device: str, at: datetime) -> Then:
    before, after = around(db, device, at, ENTRIES)
    return Then(device=device, at=at, before=before, after=after)


def _device(db: sqlite3.Connection, settings: Settings, word: str, at: datetime) -> str:
    """The id of what people call so; of a car, that of the charger on which it hung.

    Raises:
        NothingKnown
    """
    decided = devices(db)
    called = [
        *((name, each.name) for name, each in settings.chargers.items()),
        *((name, each.name) for name, each in settings.devices.items()),
        *((name, each.name) for name, each in settings.vehicles.items()),
    ]
    names = {name: name for name in (*decided, *(name for name, _ in called))}
    names |= {label.casefold(): name for name, label in called if label}
    plain = word.strip().casefold()
    found = names.get(plain) or names.get(slug_of(word))
    if found is None:
        there = ", ".join(sorted(set(names.values()))) or "none yet"
        raise NothingKnown(f"there is no device {word}; there are: {there}")
    if found in settings.vehicles and found not in decided:
        charger = charger_of(db, found, at)
        if charger is None:
            raise NothingKnown(f"{found} hung on none of your chargers then, as far as is known")
        return charger
    if found not in decided and decided:
        about = ", ".join(decided)
        raise NothingKnown(f"Hearth decided nothing about {found}; it did about: {about}")
    return found


def _check(then: Then, db: sqlite3.Connection, seen: datetime, zone: tzinfo) -> None:
    """
    Raises:
        NothingKnown: of that moment.
    """
    if then.at > seen + LATE:
        last = f"{seen.astimezone(zone):%Y-%m-%d %H:%M}"
        remedy = "ask for an earlier time; hearth plan shows what lies ahead"
        raise NothingKnown(f"Hearth has written nothing down since {last}; {remedy}")
    if then.before:
        return
    begins_s = oldest_s(db)
    if begins_s is None:
        raise NothingKnown("the journal is empty; Hearth has decided nothing yet")
    first = begins_s if then.after is None else then.after.at.timestamp()
    begins = datetime.fromtimestamp(first, zone)
    raise NothingKnown(
        f"of {then.device} the journal begins at {begins:%Y-%m-%d %H:%M}; ask for a later time"
    )


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


def _lines(then: Then, zone: tzinfo) -> Iterator[str]:
    device, at, before, after = then.device, then.at, then.before, then.after
    newest = before[0]
    yield f"{device} at {at.astimezone(zone):%Y-%m-%d %H:%M}: {_does(newest)}"
    yield f"  Why: {newest.reason.sentence}"
    if newest.reason.inputs:
        said = figures(
            newest.reason.inputs,
            lambda stamp: f"{datetime.fromisoformat(stamp).astimezone(zone):%Y-%m-%d %H:%M}",
        )
        yield f"  Figures: {said}"
    yield f"  Decided at {newest.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if after is not None:
        until = after.at.astimezone(zone)
        yield f"  Until {until:%Y-%m-%d %H:%M:%S}; then: {after.reason.sentence}"
    if len(before) > 1:
        yield ""
        yield "Before that"
        for entry in before[1:]:
            yield f"  {entry.at.astimezone(zone):%Y-%m-%d %H:%M}  {entry.reason.sentence}"


def _does(entry: JournalEntry) -> str:
    """What it was told, with the modes of batteries in words."""
    mode, _, speed = entry.does.partition(" ")
    if mode not in set(BatteryMode):
        return entry.does
    return f"{DEEDS.get(BatteryMode(mode), mode)} {speed}".rstrip()


def _document(then: Then) -> dict[str, object]:
    return {
        "version": VERSION,
        "deviceId": then.device,
        "at": then.at.isoformat(),
        "entries": [_entry(entry) for entry in then.before],
        "next": None if then.after is None else _entry(then.after),
    }


def _entry(entry: JournalEntry) -> dict[str, object]:
    return {
        "at": entry.at.isoformat(),
        "does": entry.does,
        "code": entry.reason.code.value,
        "sentence": entry.reason.sentence,
        "inputs": dict(entry.reason.inputs),
    }
