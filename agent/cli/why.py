"""hearth why: what a device does, why, which car hangs where and how Hearth knows."""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from agent.cli.ask import ask, where
from agent.cli.figures import figures
from agent.cli.words import show
from agent.model.readings import BatteryMode
from agent.plan.held import DEEDS

Doc = Mapping[str, Any]

LEAST_KW = 0.05
_PLUG = {
    "UNPLUGGED": "nothing is plugged in",
    "PLUGGED_IN:INITIALIZING": "a cable is in, charging begins",
    "PLUGGED_IN:CHARGING": "charging",
    "PLUGGED_IN:DISCHARGING": "giving power back",
    "PLUGGED_IN:COMPLETE": "charged, the cable is in",
    "PLUGGED_IN:STOPPED": "the cable is in, charging is paused",
    "PLUGGED_IN:NO_POWER": "the cable is in, the car takes nothing",
    "PLUGGED_IN:FAULT": "there is a fault",
}
_CAR_PLUG = {"UNPLUGGED": "not plugged in"}
_SCHEDULE = {
    "ALIGNED": "it is followed",
    "PENDING": "it has just changed",
    "TRANSITION:REQUESTED": "what it wants was asked for",
    "MISALIGNED:RETRYING": "it was not followed; Hearth tries again",
    "MISALIGNED:MANUAL_OVERRIDE": "somebody wants it otherwise",
    "INACTIVE:DISABLED": "it is off",
    "INACTIVE:AWAY": "it rests, since the car is elsewhere",
    "INACTIVE:OVERRIDDEN": 'it rests while "charge now" runs',
    "INACTIVE:INCAPABLE": "it cannot be followed",
}


def why(config: Path, socket_path: Path | None, device: str, *, as_json: bool) -> int:
    """Print the reasons; 1 = no such device.

    Raises:
        ConfigError, NotRunning: see `where` and `ask`.
    """
    path, zone = where(config, socket_path)
    doc = ask(path, {"ask": "why", "device": device})
    if "deviceId" not in doc:
        print(doc["problem"], file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(doc, indent=2))
        return 0
    show(lines(doc, zone))
    return 0


def lines(doc: Doc, zone: tzinfo | None) -> Iterator[str]:
    """The document for people, times on the clock of `zone`; None = this machine's."""
    clock = _Clock(doc, zone)
    yield f"{doc['name']} ({doc['deviceId']}): {_now(doc)}"
    yield from _reasons(doc, clock)
    if doc["kind"] in ("charger", "vehicle"):
        yield ""
        yield from _cars(doc)
    for schedule in doc["schedules"]:
        yield ""
        yield from _of_schedule(schedule, doc["names"], clock)
    if doc["journal"]:
        yield ""
        yield "Lately"
        for entry in doc["journal"]:
            yield f"  {clock.at(entry['at'])}  {_entry(entry, doc)}"


class _Clock:
    """Instants as people of the house read them."""

    def __init__(self, doc: Doc, zone: tzinfo | None) -> None:
        self._zone, self._today = zone, datetime.fromisoformat(doc["at"]).astimezone(zone).date()

    def at(self, stamp: str) -> str:
        local = datetime.fromisoformat(stamp).astimezone(self._zone)
        return f"{local:%H:%M}" if local.date() == self._today else f"{local:%a %d %b %H:%M}"


def _now(doc: Doc) -> str:
    state = doc["state"]
    if not doc["isReachable"]:
        return "Hearth does not hear of it" if doc["lastSeen"] else "it has never been heard of"
    words = _PLUG | _CAR_PLUG if doc["kind"] == "vehicle" else _PLUG
    parts = [words.get(str(state.get("powerDeliveryState")), "")]
    if abs(state.get("chargeRate") or 0.0) >= LEAST_KW:
        parts.append(f"{state['chargeRate']:.1f} kW")
    if state.get("batteryLevel") is not None:
        parts.append(f"battery {state['batteryLevel']:.0f} %")
    return ", ".join(part for part in parts if part) or "it is there"


def _reasons(doc: Doc, clock: _Clock) -> Iterator[str]:
    target = doc["target"] or doc["partnerTarget"]
    if doc["problem"]:
        yield f"  Problem: {doc['problem']}"
    if doc["lastFailure"]:
        yield f"  What failed last: {doc['lastFailure']}"
    for sentence in doc["shortcomings"]:
        yield f"  Plans: {sentence}"
    if target is None:
        if doc["kind"] in ("charger", "vehicle", "battery"):
            yield "  Hearth asks nothing of it now."
        return
    reason = target["reason"]
    whose = " (of its charger)" if doc["target"] is None else ""
    yield f"  Hearth wants{whose}: {_wanted(target)}"
    yield f"  Why: {reason['sentence']}"
    if reason["inputs"]:
        yield f"  Figures: {figures(reason['inputs'], clock.at)}"
    if reason["changesAt"]:
        yield f"  May change at {clock.at(reason['changesAt'])}"
    for each in doc["overrides"]:
        yield f'  "Charge now" runs since {clock.at(each["createdAt"])}'


def _wanted(target: Doc) -> str:
    power_kw, mode = target["power"], target["operationMode"]
    if target["charging"] is None and mode is None:
        return "all that the sun gives" if power_kw is None else f"at most {power_kw:g} kW of sun"
    if target["charging"] is None:
        return DEEDS.get(BatteryMode(mode), str(mode)) + (
            "" if power_kw is None else f" at {power_kw:g} kW"
        )
    if not target["charging"]:
        return "no charging"
    limit = target["maxCurrent"]
    return "charging" if limit is None else f"charging with at most {limit:g} A"


def _cars(doc: Doc) -> Iterator[str]:
    if doc["kind"] == "vehicle":
        yield from _where(doc)
        return
    if not doc["pairing"]:
        plugged = doc["state"].get("isPluggedIn")
        yield "Which car: " + ("nothing is plugged in" if plugged is False else "not known")
    for each in doc["pairing"]:
        yield f"Which car: {each['says']}"
        yield from _evidence(each, doc["names"])


def _where(doc: Doc) -> Iterator[str]:
    """On which charger a car hangs, or may hang; and who hangs there where it is another's."""
    held, names = doc["pairing"], doc["names"]
    others = [e for e in held if e["isGuest"] or e["vehicleId"] not in (None, doc["deviceId"])]
    if len(others) == len(held):
        yield "Where: on none of your chargers, as far as Hearth knows"
    for each in held:
        charger, says = names[each["chargerId"]], each["says"]
        if each in others:
            yield f"At {charger}: {says}"
        elif each["vehicleId"] is None:
            yield f"Where: perhaps at {charger}; {says}"
        else:
            yield f"Where: at {charger}, {says}"
        yield from _evidence(each, names)


def _evidence(held: Doc, names: Mapping[str, str]) -> Iterator[str]:
    """
    Args:
        names: what people call each device, by its id.
    """
    about = held["vehicleId"] or held["runnerUpId"]
    manual = held["lockedBy"] == "manual"
    if held["evidence"] and about is not None:
        opens = "What Hearth saw itself, about" if manual else "Evidence,"
        yield f"  {opens} {names[about]}:"
        for each in held["evidence"]:
            yield f"    {'+' if each['points'] > 0 else '-'} {each['says']}: {each['weight']}"
    if held["vehicleId"] and held["runnerUpId"]:
        yield f"  Next likeliest: {names[held['runnerUpId']]}"
    if held["ruledOutIds"]:
        yield f"  Ruled out by a person: {', '.join(names[car] for car in held['ruledOutIds'])}"
    if held["settles"]:
        yield f"  What would settle it: {held['settles']}"
    if held["pinnedVehicleId"] or manual or held["ruledOutIds"]:
        yield f"  To take that back: hearth pair {held['chargerId']} automatic"
    elif held["confidence"] is not None:
        yield f"  If that is wrong: hearth pair {held['chargerId']} CAR, guest or not-mine"


def _of_schedule(schedule: Doc, names: Mapping[str, str], clock: _Clock) -> Iterator[str]:
    state = _SCHEDULE.get(str(schedule["state"]), "nothing is known of it yet")
    yield f'Schedule "{schedule["name"]}" for {names[schedule["targetId"]]}: {state}'
    wants = schedule["shouldCharge"]
    if wants is not None and schedule["isEnabled"]:
        yield f"  It wants {'charging' if wants else 'no charging'} now"
    for turn in schedule["upcomingTransitions"]:
        wants = "charging" if turn["shouldCharge"] else "no charging"
        yield f"  From {clock.at(turn['at'])}: {wants}"
    if schedule["problem"]:
        yield f"  Problem: {schedule['problem']}"


def _entry(entry: Doc, doc: Doc) -> str:
    name = doc["names"].get(entry["deviceId"], entry["deviceId"])
    other = "" if entry["deviceId"] == doc["deviceId"] else f"{name}: "
    return f"{other}{entry['sentence']}"
