"""Samples for the cloud: read from where they lie anyway, up to a cursor for each device.

A second table for what is to be sent would double what is written to the card. So the cursor says
up to when the cloud has a device's samples, and `raw` keeps them longer while it has them not.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from agent.model.clock import Clock, Now
from agent.model.readings import DeviceId
from agent.store.commits import Commits
from agent.store.outbox_rows import cursor_row, lost_row
from agent.store.reader import Reader
from agent.store.retention import RAW_FROM
from agent.store.samples import QUARTER_S, Series

LONGEST_WAIT_DAYS = 30.0
SLACK_S = 60

_ROWS = """SELECT series, t, value FROM raw WHERE t >= ? AND t < ?
AND series IN (SELECT id FROM series WHERE device = ?) ORDER BY t"""
_NEXT = "SELECT t FROM raw WHERE t >= ? ORDER BY t LIMIT 1"
_LOST = "SELECT from_s, to_s FROM lost WHERE to_s > ? AND from_s < ? ORDER BY from_s"

Changes = tuple[tuple[int, float | None], ...]
"""Unix second and value, ascending; a value holds until the next one, None is silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Samples from `from_s` to `to_s` are gone for good, at least some. Unix seconds.

    Args:
        reason: "no-room" or "disk".
    """

    from_s: int
    to_s: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The samples of one device from `from_s` to `to_s`, exclusive; Unix seconds.

    Args:
        to_s: later than asked for where nothing is stored until then.
        series: by name with unit (power_w); each begins with the value that held at `from_s`, if
            one is known.
    """

    device: DeviceId
    from_s: int
    to_s: int
    series: Mapping[str, Changes]
    gaps: tuple[Gap, ...] = ()


class Telemetry:
    """Args:
    known: series that are stored, by device and name.
    cursors: by device, Unix seconds.
    """

    def __init__(
        self,
        *,
        commits: Commits,
        reader: Reader,
        clock: Clock,
        known: Mapping[tuple[DeviceId, str], Series],
        cursors: Mapping[DeviceId, int],
    ) -> None:
        self.until_s = 0
        """Everything before this Unix second is on disk; 0 until that is known."""
        self._commits, self._reader, self._clock = commits, reader, clock
        self._known = known
        self._cursors = dict(cursors)
        self._wanted: frozenset[DeviceId] = frozenset()
        self._losing: tuple[int, int] | None = None
        self._taken_s = 0

    def cursors(self, devices: Iterable[DeviceId]) -> Mapping[DeviceId, int]:
        """Up to when the cloud has the samples of these devices, Unix seconds.

        A device that the cloud hears of for the first time begins now. Empty as long as the
        clock is not trusted. From the first call on, samples of these devices that the cloud
        has not are kept for up to 30 days instead of the usual ones.
        """
        self._wanted, now = frozenset(devices), self._clock.now()
        if not now.trusted:
            return {}
        now_s = int(now.at.timestamp())
        for device in self._wanted:
            # A cursor in the future comes from a clock that was wrong then.
            if self._cursors.get(device, now_s + SLACK_S + 1) > now_s + SLACK_S:
                self._move(device, now_s)
        return {device: self._cursors[device] for device in self._wanted}

    def ack(self, to_s: Mapping[DeviceId, int]) -> None:
        """The cloud has all samples before these Unix seconds; on disk with the next commit."""
        for device, to in to_s.items():
            if self._cursors.get(device, to) < to <= self.until_s:
                self._move(device, to)

    async def samples(self, device: DeviceId, from_s: int, to_s: int) -> Stretch:
        """The changes of all series of a device; not beyond `until_s`.

        Empty in itself (`to_s` = `from_s`) if there is nothing to tell yet, or while the disk
        cannot be read.
        """
        nothing = Stretch(device=device, from_s=from_s, to_s=from_s, series={})
        until_s = self.until_s
        if min(to_s, until_s) <= from_s:
            return nothing
        units = {
            series.number: (name, 10**series.decimals)
            for (of, name), series in self._known.items()
            if of == device
        }
        read = partial(
            _stretch, device=device, units=units, from_s=from_s, to_s=to_s, until_s=until_s
        )
        try:
            return await self._reader.read(read)
        except sqlite3.Error as error:
            return self._commits.excuse(error, nothing)

    def keep_days(self, now: Now, usual_days: float) -> float:
        """For how long samples must be kept at least."""
        waiting = [self._cursors[device] for device in self._wanted if device in self._cursors]
        if not waiting:
            return usual_days
        waiting_days = (now.at.timestamp() - min(waiting)) / timedelta(days=1).total_seconds()
        return max(usual_days, min(waiting_days, LONGEST_WAIT_DAYS))

    def taken(self, now: Now, *, all_dated: bool) -> None:
        """All samples up to `now` are on their way to the disk."""
        if now.trusted and all_dated:
            self._taken_s = int(now.at.timestamp())

    def settled(self, lost_s: tuple[int, int] | None, *, everything: bool) -> None:
        """A commit ended; all samples that were taken are on disk, but for those of `lost_s`.

        What is lost is written down before anybody reads beyond it.
        """
        if lost_s is not None:
            first_s, _ = self._losing or lost_s
            self._losing = (first_s, lost_s[1])
            if self._wanted:
                self._commits.put(dict([lost_row(first_s, lost_s[1] + 1)]))
        elif everything:
            self.until_s, self._losing = self._taken_s, None

    def _move(self, device: DeviceId, to_s: int) -> None:
        self._cursors[device] = to_s
        self._commits.put(dict([cursor_row(device, to_s)]))


def _stretch(
    db: sqlite3.Connection,
    *,
    device: DeviceId,
    units: Mapping[int, tuple[str, int]],
    from_s: int,
    to_s: int,
    until_s: int,
) -> Stretch:
    kept_from = db.execute("SELECT value FROM meta WHERE key = ?", (RAW_FROM,)).fetchone()
    gone_s = min(until_s, 0 if kept_from is None else int(kept_from[0]))
    ahead = db.execute(_NEXT, (from_s,)).fetchone()
    empty_to_s = until_s if ahead is None else min(until_s, ahead[0])
    to_s = min(until_s, max(to_s, empty_to_s))
    # Each quarter begins with all values of what lives: two of them hold what held at `from_s`.
    looked_from = from_s - from_s % QUARTER_S - QUARTER_S
    series: dict[str, dict[int, float | None]] = {}
    for number, t, value in db.execute(_ROWS, (looked_from, to_s, device)):
        if number not in units:
            continue  # began after the question was asked
        name, unit = units[number]
        changes = series.setdefault(name, {})
        changes[max(t, from_s)] = None if value is None else value / unit
    gaps = [Gap(from_s=from_s, to_s=gone_s, reason="no-room")] if gone_s > from_s else []
    gaps += [
        Gap(from_s=max(lost_from, from_s), to_s=min(lost_to, to_s), reason="disk")
        for lost_from, lost_to in db.execute(_LOST, (from_s, to_s))
    ]
    return Stretch(
        device=device,
        from_s=from_s,
        to_s=to_s,
        series={name: tuple(changes.items()) for name, changes in series.items()},
        gaps=tuple(gaps),
    )
