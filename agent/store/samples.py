"""Measurements on their way to the disk: held in memory for one commit interval.

Values become integers in the resolution that their unit deserves, and only changes are kept:
a value holds until the next row of its series. Each quarter of an hour starts with a full set,
so quarters can be summed up and thrown away one by one. A row without a value says that the
series fell silent.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.model.clock import Now
from agent.model.readings import DeviceId

QUARTER_S = 900
SILENT_AFTER_S = 300
MAX_WAITING = 100_000
MAX_UNDATED = 20_000
DECIMALS = {"_w": 0, "_wh": 0, "_a": 2, "_v": 1, "_hz": 3, "_percent": 1, "_c": 1}
OTHER_DECIMALS = 3
LARGEST = 2**53

SampleRow = tuple[int, int, int | None]
"""t, series, scaled value."""


@dataclass(slots=True)
class Series:
    number: int
    decimals: int
    last: int | None = None
    last_t: int = 0
    seen_mono_s: float = -math.inf


def decimals_of(name: str) -> int:
    """How many decimals a series is kept with, by the unit at the end of its name."""
    return next((d for unit, d in DECIMALS.items() if name.endswith(unit)), OTHER_DECIMALS)


class Samples:
    """Args:
    known: series that the database has, by device and name.
    gaps: rows that end what was held when Hearth stopped.
    """

    def __init__(
        self, known: Mapping[tuple[DeviceId, str], Series], gaps: Iterable[SampleRow] = ()
    ) -> None:
        self.series = dict(known)
        self.dropped = 0
        self._next = 1 + max((s.number for s in self.series.values()), default=0)
        self._rows: dict[tuple[int, int], int | None] = {(t, s): v for t, s, v in gaps}
        # Before the clock is set: monotonic instant, series, value; dated when it is.
        self._undated: deque[tuple[float, Series, int | None]] = deque()

    def record(
        self, now: Now, device: DeviceId, values: Mapping[str, float | None]
    ) -> list[tuple[int, str, int]]:
        """Take values; returns the series that are new as number, name, decimals.

        None or a value that is no finite number means that the series is unknown from now on.
        """
        new = []
        if now.trusted and self._undated:
            self._date(now)
        for name, value in values.items():
            series = self.series.get((device, name))
            if series is None:
                series = Series(self._next, decimals_of(name))
                self.series[device, name] = series
                self._next += 1
                new.append((series.number, name, series.decimals))
            scaled = scale(value, series.decimals)
            series.seen_mono_s = now.mono_s
            if now.trusted:
                self._put(int(now.at.timestamp()), series, scaled)
            else:
                self._undated.append((now.mono_s, series, scaled))
        while len(self._undated) > MAX_UNDATED:
            self._undated.popleft()
            self.dropped += 1
        return new

    @property
    def full(self) -> bool:
        return len(self._rows) >= MAX_WAITING // 2

    @property
    def all_dated(self) -> bool:
        """Whether none waits for the clock to be set."""
        return not self._undated

    def take(self, now: Now) -> list[SampleRow]:
        """Hand over what waits, ordered by time; afterwards nothing waits."""
        for series in self.series.values():
            silent_s = now.mono_s - series.seen_mono_s
            if series.last is not None and silent_s > SILENT_AFTER_S:
                self._put(series.last_t + SILENT_AFTER_S, series, None)
        rows = sorted((t, number, value) for (t, number), value in self._rows.items())
        self._rows.clear()
        return rows

    def forget_last(self) -> None:
        """Rows were lost: the next value of each series is written whether it changed or not."""
        for series in self.series.values():
            series.last = None

    def _date(self, now: Now) -> None:
        shift_s = now.at.timestamp() - now.mono_s
        for mono_s, series, scaled in self._undated:
            self._put(int(mono_s + shift_s), series, scaled)
        self._undated.clear()

    def _put(self, t: int, series: Series, scaled: int | None) -> None:
        same_quarter = t // QUARTER_S == series.last_t // QUARTER_S
        unchanged = scaled == series.last and same_quarter
        series.last_t = t
        if unchanged:
            return
        series.last = scaled
        if len(self._rows) >= MAX_WAITING and (t, series.number) not in self._rows:
            self.dropped += 1
        else:
            self._rows[t, series.number] = scaled


def scale(value: float | None, decimals: int) -> int | None:
    """The nearest integer of the series' resolution; None for what is no sensible number."""
    if value is None or not abs(value) < LARGEST / 10**decimals:
        return None
    return round(value * float(10**decimals))
