"""The house on a terminal: one picture from one status document."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.cli.screen_actions import actions
from agent.cli.screen_costs import months, session_text
from agent.cli.screen_fit import Fitting, Part
from agent.cli.screen_limits import limits
from agent.cli.screen_pairs import named, pairs, whose
from agent.cli.screen_plans import plans

Doc = Mapping[str, Any]

BAR_CELLS, FRAME_LINES = 20, 2
OLD_AFTER_HOURS, TWO_DAYS_HOURS, A_WEEK_DAYS = 2, 48, 6
JOURNAL_LINES = 6
_STATES = {
    "UNPLUGGED": "no car",
    "PLUGGED_IN:INITIALIZING": "starting",
    "PLUGGED_IN:CHARGING": "charging",
    "PLUGGED_IN:DISCHARGING": "discharging",
    "PLUGGED_IN:STOPPED": "paused",
    "PLUGGED_IN:NO_POWER": "car takes nothing",
    "PLUGGED_IN:FAULT": "fault",
    "UNKNOWN": "unknown",
}
_CAR_STATES = _STATES | {"UNPLUGGED": "not plugged in", "PLUGGED_IN:COMPLETE": "charged"}
_NEEDED = {
    "sun": {"inverter"},
    "grid": {"meter"},
    "battery": {"battery"},
    "house": {"meter"},
    "cars": {"charger"},
}
_SCHEDULE_STATES = {
    "ALIGNED": ("followed", "green"),
    "PENDING": ("just changed", "yellow"),
    "TRANSITION:REQUESTED": ("asked for", "yellow"),
    "MISALIGNED:RETRYING": ("tries again", "yellow"),
    "MISALIGNED:MANUAL_OVERRIDE": ("somebody wants it otherwise", "yellow"),
    "INACTIVE:DISABLED": ("off", "dim"),
    "INACTIVE:AWAY": ("away", "dim"),
    "INACTIVE:OVERRIDDEN": ("rests: charge now", "dim"),
    "INACTIVE:INCAPABLE": ("cannot be followed", "red"),
}


def screen(
    doc: Doc,
    title: str = "Hearth",
    zone: tzinfo | None = UTC,
    plan: Doc | None = None,
    lines: int | None = None,
) -> RenderableType:
    """Flows, plans, devices and why, then what else there is; on a low terminal less of that.

    Args:
        zone: of the house, whose sentences speak in that time too; None = this machine's.
        plan: the document of plans, if it was asked for.
        lines: of the terminal; None = as many as it takes.
    """
    at = datetime.fromisoformat(doc["at"]).astimezone(zone)
    panel_title = f"{title}  {at:%a %d %b %Y %H:%M:%S %Z}"
    room = None if lines is None else lines - FRAME_LINES
    return Panel(Fitting([*_parts(doc, zone, plan)], room), title=panel_title, padding=(0, 1))


def _parts(doc: Doc, zone: tzinfo | None, plan: Doc | None) -> Iterator[Part]:
    """From top to bottom; the least important have the least weight."""
    yield Part(full=_flows(doc), weight=9)
    yield from (Part(full=each) for each in limits(doc, zone))
    if plan is not None:
        yield from (Part(full=each) for each in plans(plan, zone))
    yield Part(full=_devices(doc))
    warnings = _warnings(doc)
    if warnings:
        yield Part(full=warnings)
    if doc["pairs"] and any(each["kind"] == "vehicle" for each in doc["devices"]):
        yield Part(full=pairs(doc), short=pairs(doc, evidence_lines=0), weight=3)
    if doc["actions"]:
        yield Part(full=actions(doc), weight=5)
    if doc["schedules"]:
        yield Part(full=_schedules(doc), weight=1)
    yield from (Part(full=each, weight=2) for each in months(doc))
    yield Part(full=_journal(doc, zone), short=_journal(doc, zone, lines=3), weight=4)


def kw(value: float | None) -> str:
    return "?" if value is None else f"{value:z.2f} kW"


def kwh(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f} kWh"


def _flows(doc: Doc) -> RenderableType:
    t = doc["totals"]
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column()
    grid, battery = t["grid"], t["battery"]
    rows = [
        ("sun", t["production"], "gives", "yellow"),
        ("grid", grid, _way(grid, "import", "export"), "cyan"),
        ("battery", battery, _way(battery, "charging", "discharging"), "green"),
        ("house", t["load"], "uses", "white"),
        ("cars", t["chargers"], "take", "magenta"),
    ]
    most = max((abs(value or 0.0) for _, value, _, _ in rows), default=1.0) or 1.0
    there = {device["kind"] for device in doc["devices"]}
    for name, value, verb, style in rows:
        if value is None and not there & _NEEDED[name]:
            continue
        level = (
            f"{t['batteryLevel']:.0f} %"
            if name == "battery" and t["batteryLevel"] is not None
            else ""
        )
        shown = None if value is None else abs(value)
        cells = 0 if value is None else round(abs(value) / most * BAR_CELLS)
        table.add_row(
            Text(name, style="bold"),
            f"{kw(shown):>9}",
            verb,
            Text("█" * cells, style=style) + Text(f" {level}"),
        )
    return table


def _way(power_kw: float | None, plus: str, minus: str) -> str:
    """Which way it flows, in a word; none where it is unknown, or shown as 0.00."""
    if power_kw is None or not round(power_kw, 2):
        return ""
    return plus if power_kw > 0 else minus


def _devices(doc: Doc) -> RenderableType:
    """A line for each, and under it why it does what it does."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(ratio=1)
    for device in doc["devices"]:
        up = device["isReachable"]
        name = Text(device["name"], style="bold" if up else "red")
        state, power_text, energy_text = _figures(device, doc)
        if not up:
            state = "not seen yet" if device["lastSeen"] is None else "lost"
        words = "; ".join(part for part in (state, energy_text) if part)
        table.add_row(name, power_text, Text(words))
        why = _why(device)
        if why:
            table.add_row("", "", Text(why, style="dim italic"))
    return table


def _figures(device: Doc, doc: Doc) -> tuple[str, str, str]:
    s = device["state"]
    match device["kind"]:
        case "charger":
            return _at_charger(device, doc), _rate(s), session_text(s)
        case "vehicle":
            return _car(device, doc), _rate(s), ""
        case "battery":
            mode = (s.get("operationMode") or "?").lower().replace("_", " ")
            return f"{s.get('batteryLevel', '?')} %, {mode}", kw(s.get("chargeRate")), ""
        case "inverter":
            return "", kw(s.get("productionRate")), kwh(s.get("totalLifetimeProduction"))
        case _:
            counted = f"{kwh(s.get('import'))} in, {kwh(s.get('export'))} out"
            return "", kw(s.get("power")), counted if s else ""


def _rate(state: Doc) -> str:
    rate = state.get("chargeRate")
    return "" if rate is None else kw(rate)


def _at_charger(device: Doc, doc: Doc) -> str:
    """What a charger does, for which car, and who says so."""
    s = device["state"]
    parts = [_STATES.get(s.get("powerDeliveryState"), "?")]
    if s.get("isPluggedIn"):
        if s.get("maxCurrent") is not None:
            parts.append(f"limit {s['maxCurrent']:g} A")
        parts.append(whose(device, doc))
        if s.get("vehicleLevel") is not None:
            parts.append(f"car {s['vehicleLevel']:.0f} %")
    now = any(device["id"] in each["covers"] for each in doc["overrides"])
    return f"{', '.join(part for part in parts if part)} [{'charge now' if now else s.get('mode')}]"


def _car(device: Doc, doc: Doc) -> str:
    s = device["state"]
    parts = []
    if s.get("batteryLevel") is not None:
        parts.append(f"{s['batteryLevel']:.0f} %{_age(s.get('batteryLevelAt'), doc)}")
    state = _CAR_STATES.get(s.get("powerDeliveryState"), "?")
    if s.get("powerDeliveryState") in (None, "UNKNOWN") and s.get("isPluggedIn"):
        state = "plugged in"
    charger = s.get("pluggedInChargerId")
    parts.append(f"{state} at {named(charger, doc)}" if charger and s["isPluggedIn"] else state)
    return ", ".join(parts)


def _age(at: str | None, doc: Doc) -> str:
    """How old a value is, where that matters."""
    if at is None:
        return ""
    hours = (datetime.fromisoformat(doc["at"]) - datetime.fromisoformat(at)).total_seconds() / 3600
    if hours < OLD_AFTER_HOURS:
        return ""
    return f" {hours:.0f} h ago" if hours < TWO_DAYS_HOURS else f" {hours / 24:.0f} days ago"


def _schedules(doc: Doc) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("schedule", "on", "state", "next", "note"):
        table.add_column(heading)
    for each in doc["schedules"]:
        word, style = _SCHEDULE_STATES.get(each["state"], (str(each["state"] or "?").lower(), ""))
        table.add_row(
            Text(each["name"], style="bold"),
            Text(named(each["targetId"], doc)),
            Text(word, style=style),
            _next(each, doc),
            Text(each["problem"] or ""),
        )
    return table


def _next(schedule: Doc, doc: Doc) -> str:
    """When it turns next, on the clock of its place, and what it wants then."""
    if not schedule["upcomingTransitions"]:
        return ""
    turn, zone = schedule["upcomingTransitions"][0], ZoneInfo(schedule["timezone"] or "UTC")
    at, now = (datetime.fromisoformat(text).astimezone(zone) for text in (turn["at"], doc["at"]))
    day = "" if at.date() == now.date() else f"{at:%a} "
    if (at - now).days >= A_WEEK_DAYS:
        day = f"{at:%Y-%m-%d} "
    return f"{day}{at:%H:%M} {'charge' if turn['shouldCharge'] else 'hold back'}"


def _why(device: Doc) -> str:
    if device["target"] is not None:
        return str(device["target"]["reason"]["sentence"])
    return str(device["problem"] or "")


def _warnings(doc: Doc) -> RenderableType | None:
    lines = [f"{d['name']}: {d['lastFailure']}" for d in doc["devices"] if d["lastFailure"]]
    lines += [sentence for d in doc["devices"] for sentence in d["shortcomings"]]
    lines += [f"{name}: {state}" for name, state in doc["links"].items() if state != "up"]
    cloud = doc.get("metrics", {}).get("cloud")
    if cloud and cloud["pendingEvents"] and doc["links"].get("cloud") != "up":
        lines.append(f"cloud: {cloud['pendingEvents']} events wait on disk until it is back")
    lines += [
        f"charge point {name} waits for approval: add it to chargers: in the config file"
        for name in doc["pendingApproval"]
    ]
    if doc["store"]["problem"]:
        lines.append(doc["store"]["problem"])
    return Text("\n".join(lines), style="yellow") if lines else None


def _journal(doc: Doc, zone: tzinfo | None, lines: int = JOURNAL_LINES) -> RenderableType:
    said = [
        f"{datetime.fromisoformat(e['at']).astimezone(zone):%H:%M:%S}  "
        f"{named(e['deviceId'], doc)}: {e['sentence']}"
        for e in doc["journal"][-lines:]
    ]
    return Text("\n".join(said) or "nothing decided yet", style="dim")
