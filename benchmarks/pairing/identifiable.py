"""Which plug-ins could be told from the stream at all.

A plug-in of a car of the house is identifiable if before the unplug the stream holds one positive
tie between this car and this charger (its flag rises around the plug, it begins or ends to charge
when the charger does, or a token of it is read), and for every other car one clear difference (it
says that it is unplugged, was plugged in before, is far away, or does not charge while the charger
does or the reverse). This is stricter than what a method that weighs many weak signs may reach.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.things import Charger, Flow, House, Visit

if TYPE_CHECKING:
    from benchmarks.pairing.household import Plug

MARGIN_S = 120.0
"""So far may a clock or a debounce be off without a difference being one."""

WIDEST_S = 3600.0
"""A flag that rose somewhere in a longer gap ties nothing."""

CONTRADICTS_S = 600.0
FAR_DEG = 0.01


def identifiable(
    house: House, visits: Sequence[Visit], lines: Sequence[Line], plugs: "Sequence[Plug]"
) -> "list[Plug]":
    said = {car.name: _said(lines, car.name) for car in house.cars}
    chargers = {c.name: c for c in house.chargers}
    tokens = {(v.charger.name, v.from_s): v.token for v in visits if v.charger}
    return [
        replace(plug, identifiable=True)
        if plug.car is not None
        and _clear(house, said, chargers[plug.charger], tokens[plug.charger, plug.from_s], plug)
        else plug
        for plug in plugs
    ]


def _clear(
    house: House, said: "dict[str, _Said]", charger: Charger, token: str | None, plug: "Plug"
) -> bool:
    mine = next(c for c in house.cars if c.name == plug.car)
    if mine.known_tokens and token in mine.tokens:
        return True
    others = [said[c.name] for c in house.cars if c is not mine]
    return _tied(said[mine.name], charger, plug) and all(
        _differs(other, charger, plug, house) for other in others
    )


_Flags = tuple[bool | None, bool | None]
"""Plugged in, charging."""


class _Said:
    """What one car told, by the instant at which it was heard."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.rows: list[tuple[float, bool | None, bool | None, float | None, float | None]] = []


def _said(lines: Sequence[Line], name: str) -> _Said:
    said = _Said()
    flags: _Flags = (None, None)
    for line in lines:
        if line.device != name or line.at_s is None:
            continue
        flags = _flags(line.fields, flags)
        said.seen.append(line.seen_s)
        place = line.fields.get("latitude"), line.fields.get("longitude")
        said.rows.append((line.at_s, *flags, *place))
    return said


def _flags(fields: dict[str, Any], before: _Flags) -> _Flags:
    state = fields.get("powerDeliveryState")
    if state is not None:
        return state != "UNPLUGGED", state == "PLUGGED_IN:CHARGING"
    return fields.get("isPluggedIn", before[0]), fields.get("isCharging", before[1])


def _tied(said: _Said, charger: Charger, plug: "Plug") -> bool:
    first = max(1, bisect_left(said.seen, plug.from_s) - 1)
    last = bisect_left(said.seen, plug.to_s)
    for index in range(first, last):
        at_s, plugged, charging, *_ = said.rows[index]
        before_s, was_plugged, was_charging, *_ = said.rows[index - 1]
        if at_s <= plug.from_s or at_s - before_s > WIDEST_S:
            continue
        if plugged and was_plugged is False and before_s <= plug.from_s < at_s:
            return True
        if charging is not None and was_charging is not None and charging != was_charging:
            turns = _turns(charger, max(before_s, plug.from_s), at_s, on=charging)
            if turns and at_s < plug.to_s:
                return True
    return False


def _differs(said: _Said, charger: Charger, plug: "Plug", house: House) -> bool:
    before = bisect_left(said.seen, plug.from_s) - 1
    if before >= 0:
        at_s, plugged, *_ = said.rows[before]
        if plugged and at_s < plug.from_s - MARGIN_S and _held(said, before, plug):
            return True
    last = bisect_left(said.seen, plug.to_s)
    for index in range(max(0, before + 1), last):
        at_s, plugged, charging, lat, lon = said.rows[index]
        if at_s <= plug.from_s + MARGIN_S:
            continue
        if plugged is False:
            return True
        if lat is not None and lon is not None:
            far = abs(lat - house.lat) > FAR_DEG or abs(lon - house.lon) > FAR_DEG * 1.6
            if far:
                return True
        if charging is not None and _steady(charger, at_s) not in (None, charging):
            return True
    return False


def _held(said: _Said, index: int, plug: "Plug") -> bool:
    """Whether the flag that was up before the plug stayed so."""
    later = said.rows[index + 1 : index + 3]
    return bool(later) and all(row[1] for row in later) and later[0][0] < plug.to_s


def _turns(charger: Charger, after_s: float, until_s: float, *, on: bool) -> bool:
    """Whether the charger begins (on) or ends to deliver within the span."""
    log = charger.log
    first = bisect_right(log, after_s - 90, key=_time)
    for index in range(max(1, first), len(log)):
        if log[index].t_s > until_s:
            return False
        now, was = log[index].kw > 0, log[index - 1].kw > 0
        if now != was and now == on:
            return True
    return False


def _steady(charger: Charger, at_s: float) -> bool | None:
    """Whether the charger delivers, if it has for long and goes on; None when it changes."""
    log = charger.log
    index = bisect_right(log, at_s, key=_time) - 1
    on = log[index].kw > 0
    low = high = index
    while low > 0 and (log[low - 1].kw > 0) == on:
        low -= 1
    while high + 1 < len(log) and (log[high + 1].kw > 0) == on:
        high += 1
    ends_s = log[high + 1].t_s if high + 1 < len(log) else at_s + CONTRADICTS_S
    long = at_s - log[low].t_s >= CONTRADICTS_S and ends_s - at_s >= MARGIN_S
    return on if long else None


def _time(flow: Flow) -> float:
    return flow.t_s
