"""What a charger tells: at once, by a clock that may be wrong, with reboots and outages."""

from collections.abc import Iterator
from typing import Any

from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.dice import Dice
from benchmarks.pairing.things import Charger, Flow
from benchmarks.pairing.world import DAY

ANSWERS_S = 4.0
"""So long after a command it tells what it offers now."""


def charger_lines(
    charger: Charger, tokens: dict[int, str | None], end_s: float, dice: Dice
) -> Iterator[Line]:
    """All that reaches the house of this charger, in no order.

    Args:
        tokens: what it read at each visit, by the visit's number.
    """
    events = sorted(_events(charger, tokens, end_s, dice), key=lambda e: e[0])
    dice.turn("seen")
    for t_s, fields in events:
        stamp_s = t_s + charger.skew_s + charger.drift_s_per_day * t_s / DAY
        seen_s = t_s + dice.uniform(0.05, 1.5)
        cut = next(((a, b) for a, b in charger.offline if a <= t_s < b), None)
        if cut:
            if not charger.keeps_queue:
                continue
            seen_s = cut[1] + 20 + (t_s - cut[0]) * 0.002
        elif any(a <= t_s < b for a, b in charger.reboots):
            continue
        yield Line(seen_s, min(stamp_s, seen_s), charger.name, fields)
    dice.turn("returns")
    yield from _returns(charger, end_s, dice)
    yield from _answers(charger)
    for t_s, command, value in charger.commands:
        said: dict[str, Any] = {"command": command}
        if command == "LIMIT":
            said["value"] = value
        if t_s > 0:
            yield Line(t_s, None, charger.name, said)


def _events(
    charger: Charger, tokens: dict[int, str | None], end_s: float, dice: Dice
) -> Iterator[tuple[float, dict[str, Any]]]:
    before: Flow | None = None
    meters_s = 0.0
    for now, after in zip(charger.log, [*charger.log[1:], None], strict=True):
        until_s = end_s if after is None else min(after.t_s, end_s)
        if now.t_s >= end_s:
            break
        fresh = before is None or now.plugged != before.plugged or now.visit != before.visit
        if fresh or _state(now) != _state(before):
            yield now.t_s, _opening(charger, now, tokens, dice, fresh=fresh)
            if before is not None and before.kw > 0 and now.plugged and now.kw == 0:
                yield from _falsely_free(charger, now, until_s, dice)
            meters_s = now.t_s
        if now.kw > 0:
            while True:
                due_s = max(meters_s + charger.meter_s, now.t_s)
                if due_s >= until_s:
                    break
                yield due_s, _meter(charger, now, due_s, dice)
                meters_s = due_s
        before = now


def _opening(
    charger: Charger, now: Flow, tokens: dict[int, str | None], dice: Dice, *, fresh: bool
) -> dict[str, Any]:
    fields = _standing(charger, now)
    if fresh and now.plugged:
        fields["sessionId"] = f"{dice.getrandbits(40):010x}"
        if token := tokens.get(now.visit):
            fields["idToken"] = token
    return fields


def _falsely_free(
    charger: Charger, now: Flow, until_s: float, dice: Dice
) -> Iterator[tuple[float, dict[str, Any]]]:
    """A stop after which it says for a moment that no car is there."""
    if dice.random() < charger.false_free:
        free_s = now.t_s + dice.uniform(1, 4)
        yield free_s, _free(charger)
        again_s = free_s + dice.uniform(2, 40)
        if again_s < until_s:
            yield again_s, _standing(charger, now)


def _returns(charger: Charger, end_s: float, dice: Dice) -> Iterator[Line]:
    """The link goes and comes: after a reboot the charger tells how it stands."""
    breaks = [(span, True) for span in charger.reboots] + [(s, False) for s in charger.offline]
    for (gone_s, back_s), rebooted in breaks:
        if back_s > end_s:
            continue
        yield Line(gone_s + 1, gone_s + 1, charger.name, {"isReachable": False})
        stands = max(0, sum(1 for f in charger.log if f.t_s <= back_s + 25) - 1)
        flow = charger.log[stands]
        if rebooted and dice.random() < charger.false_free:
            yield Line(back_s + 1, back_s + 1, charger.name, _free(charger) | {"isReachable": True})
        stamp_s = min(back_s + 25, back_s + 25 + charger.skew_s)
        yield Line(
            back_s + 25, stamp_s, charger.name, _standing(charger, flow) | {"isReachable": True}
        )


def _answers(charger: Charger) -> Iterator[Line]:
    """What it says to whoever changed what it may offer; that is stamped on arrival."""
    for t_s, amps in charger.told:
        at_s = t_s + ANSWERS_S
        if any(a <= at_s < b for a, b in (*charger.offline, *charger.reboots)):
            continue
        flow = charger.log[max(0, sum(1 for f in charger.log if f.t_s <= at_s) - 1)]
        yield Line(at_s, at_s, charger.name, _standing(charger, flow) | {"maxCurrent": amps})


def _state(flow: Flow | None) -> str:
    if flow is None or not flow.plugged:
        return "UNPLUGGED"
    if flow.kw > 0:
        return "PLUGGED_IN:CHARGING"
    return "PLUGGED_IN:STOPPED" if flow.waits == "charger" else "PLUGGED_IN:NO_POWER"


def _standing(charger: Charger, now: Flow) -> dict[str, Any]:
    fields: dict[str, Any] = {"powerDeliveryState": _state(now)}
    if charger.booleans:
        fields["isPluggedIn"] = now.plugged
        fields["isCharging"] = now.kw > 0
    if charger.tells_power:
        fields["chargeRate"] = round(now.kw, 2)
    if charger.tells_energy:
        fields["energyRegister"] = round(now.kwh, 2)
    return fields


def _free(charger: Charger) -> dict[str, Any]:
    fields: dict[str, Any] = {"powerDeliveryState": "UNPLUGGED"}
    if charger.booleans:
        fields |= {"isPluggedIn": False, "isCharging": False}
    return fields


def _meter(charger: Charger, now: Flow, t_s: float, dice: Dice) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if charger.tells_power:
        fields["chargeRate"] = round(now.kw * (1 + dice.gauss(0, 0.006)), 2)
    if charger.tells_energy:
        fields["energyRegister"] = round(now.kwh + now.kw * (t_s - now.t_s) / 3600, 2)
    return fields
