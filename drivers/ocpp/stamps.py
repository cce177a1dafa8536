"""What a charger's timestamps are worth: its clock may be unset, hours off, or in another zone.

Two questions per message: when was it true, and is it news or a record from an offline time
that the charger only now gets rid of? Seen in the field: stamps of 1970 and 2020 (Alfen,
MicroOcpp before its first Heartbeat), local time without a zone (Growatt) or marked Z.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.model.clock import Now
from drivers.ocpp import parse

LATE_AFTER_S = 90.0
"""Older than this is history. Chargers batch samples and run some seconds behind."""
CLOCK_UNSET_BEFORE = datetime(2022, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE_S = 60.0
STEADY_SPAN_S = 20.0
STEADY_WITHIN_S = 5.0
"""A stamp that is merely repeated ages by the span, a wrong clock goes on."""
CLOCK_WRONG_S = 30.0
WRONG_AFTER_S = 180.0
_HOUR_S = 3600.0
_ZONE_TOLERANCE_S = 120.0
_FARTHEST_ZONE_S = 14 * _HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Args:
    at: aware UTC, corrected.
    late: a record of the past that says nothing of the present.
    """

    at: datetime
    late: bool


class ChargerClock:
    """Learns how far a charger's clock is off, from messages that are certainly live.

    A queue of old records shows many offsets within moments; a wrong clock shows one for long.
    """

    def __init__(self) -> None:
        self.offset_s: float | None = None  # charger minus Hearth; None = not known
        self._first: tuple[float, float] | None = None  # mono_s, offset of a steady run
        self._wrong_since_s: float | None = None
        self._wall_minus_mono_s: float | None = None
        self._after_jump_s: tuple[float, ...] = ()  # either is right until one is learned

    def read(self, value: object, now: Now, *, live: bool = False) -> Stamp:
        """Judge one timestamp; `live` if the message cannot be an old one."""
        self._follow_jump(now)
        written = parse.timestamp(value)
        if written is None or not now.trusted:
            return Stamp(at=now.at, late=False)
        at, zoned = written
        if at < CLOCK_UNSET_BEFORE:
            return Stamp(at=now.at, late=False)
        ahead_s = (at - now.at).total_seconds()
        if live:
            self._learn(ahead_s, now.mono_s)
        else:
            self._watch(ahead_s, now.mono_s)
        offsets_s = (self._offset_s(ahead_s, zoned=zoned), 0.0, *self._after_jump_s)
        age_s = min((offset_s - ahead_s for offset_s in offsets_s), key=abs)
        if age_s < 0:  # no message is from the future
            return Stamp(at=now.at, late=False)
        return Stamp(at=now.at - timedelta(seconds=age_s), late=age_s > LATE_AFTER_S)

    def wrong(self, mono_s: float) -> bool:
        """Whether schedules on the charger's own clock would start at the wrong time.

        Only after some Heartbeats, which tell the charger the time.
        """
        return self._wrong_since_s is not None and mono_s - self._wrong_since_s >= WRONG_AFTER_S

    def _follow_jump(self, now: Now) -> None:
        """When our own wall clock jumps, the charger's stays behind until its next Heartbeat."""
        before_s, after_s = self._wall_minus_mono_s, now.at.timestamp() - now.mono_s
        self._wall_minus_mono_s = after_s
        if before_s is not None and abs(after_s - before_s) > CLOCK_WRONG_S:
            offset_s = self.offset_s or 0.0
            self._after_jump_s = (offset_s + before_s - after_s, offset_s)
            self.offset_s = self._first = None

    def _watch(self, ahead_s: float, mono_s: float) -> None:
        if ahead_s > FUTURE_TOLERANCE_S and not self._after_jump_s:
            self._learn(ahead_s, mono_s)
        elif self._first is None or abs(ahead_s - self._first[1]) > STEADY_WITHIN_S:
            self._first = mono_s, ahead_s
        elif mono_s - self._first[0] >= STEADY_SPAN_S:
            self._learn(ahead_s, mono_s)

    def _learn(self, offset_s: float, mono_s: float) -> None:
        self.offset_s = offset_s
        self._after_jump_s = ()
        if abs(offset_s) <= CLOCK_WRONG_S:
            self._wrong_since_s = None
        elif self._wrong_since_s is None:
            self._wrong_since_s = mono_s

    def _offset_s(self, ahead_s: float, *, zoned: bool) -> float:
        if self.offset_s is not None:
            return self.offset_s if abs(self.offset_s) > CLOCK_WRONG_S else 0.0
        hours_off_s = abs(ahead_s - round(ahead_s / _HOUR_S) * _HOUR_S)
        if (
            not zoned
            and hours_off_s <= _ZONE_TOLERANCE_S
            and abs(ahead_s) <= _FARTHEST_ZONE_S + _ZONE_TOLERANCE_S
        ):
            return round(ahead_s / _HOUR_S) * _HOUR_S
        return 0.0
