"""The house on a terminal: one picture from one status document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

Doc = Mapping[str, Any]

BAR_CELLS = 20
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
_ACTION_STYLE = {"PENDING": "yellow", "CONFIRMED": "green", "FAILED": "red", "CANCELLED": "dim"}


def screen(doc: Doc, title: str = "Hearth") -> RenderableType:
    """Flows, chargers, battery, actions, and why."""
    parts: list[RenderableType] = [_flows(doc), _devices(doc["devices"])]
    warnings = _warnings(doc)
    if warnings:
        parts.append(warnings)
    if doc["actions"]:
        parts.append(_actions(doc["actions"]))
    parts.append(_journal(doc["journal"]))
    at = datetime.fromisoformat(doc["at"])
    return Panel(Group(*parts), title=f"{title}  {at:%a %d %b %Y %H:%M:%S} UTC", padding=(0, 1))


def kw(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f} kW"


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
        ("grid", grid, "import" if (grid or 0) >= 0 else "export", "cyan"),
        ("battery", battery, "charging" if (battery or 0) >= 0 else "discharging", "green"),
        ("house", t["load"], "uses", "white"),
        ("cars", t["chargers"], "take", "magenta"),
    ]
    most = max((abs(value or 0.0) for _, value, _, _ in rows), default=1.0) or 1.0
    there = {device["kind"] for device in doc["devices"]}
    for name, value, verb, style in rows:
        if value is None and not there & _NEEDED[name]:
            continue
        level = f"{t['batteryLevel']:.0f} %" if name == "battery" and t["batteryLevel"] else ""
        shown = None if value is None else abs(value)
        cells = 0 if value is None else round(abs(value) / most * BAR_CELLS)
        table.add_row(
            Text(name, style="bold"),
            f"{kw(shown):>9}",
            verb,
            Text("█" * cells, style=style) + Text(f" {level}"),
        )
    return table


def _devices(devices: Sequence[Doc]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("device", "state", "power", "energy", "why"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"device", "power"})
    for device in devices:
        up = device["isReachable"]
        name = Text(device["name"], style="bold" if up else "red")
        state, power_text, energy_text = _figures(device)
        if not up:
            state = "not seen yet" if device["lastSeen"] is None else "lost"
        table.add_row(name, state, power_text, energy_text, _why(device))
    return table


def _figures(device: Doc) -> tuple[str, str, str]:
    s = device["state"]
    match device["kind"]:
        case "charger":
            state = _STATES.get(s.get("powerDeliveryState"), "?")
            limit = s.get("maxCurrent")
            if limit is not None and s.get("isPluggedIn"):
                state += f", limit {limit:g} A"
            level = s.get("vehicleLevel")
            if level is not None and s.get("isPluggedIn"):
                state += f", car {level:.0f} %"
            rate = kw(s["chargeRate"]) if s.get("chargeRate") is not None else ""
            session = s.get("sessionEnergy")
            return f"{state} [{s.get('mode')}]", rate, "" if session is None else kwh(session)
        case "vehicle":
            level = s.get("batteryLevel")
            state = "" if level is None else f"{level:.0f} %, "
            rate = kw(s["chargeRate"]) if s.get("chargeRate") is not None else ""
            return f"{state}{_CAR_STATES.get(s.get('powerDeliveryState'), '?')}", rate, ""
        case "battery":
            mode = (s.get("operationMode") or "?").lower().replace("_", " ")
            return f"{s.get('batteryLevel', '?')} %, {mode}", kw(s.get("chargeRate")), ""
        case "inverter":
            return "", kw(s.get("productionRate")), kwh(s.get("totalLifetimeProduction"))
        case _:
            counted = f"{kwh(s.get('import'))} in, {kwh(s.get('export'))} out"
            return "", kw(s.get("power")), counted if s else ""


def _why(device: Doc) -> str:
    if device["target"] is not None:
        return str(device["target"]["reason"]["sentence"])
    return str(device["problem"] or "")


def _warnings(doc: Doc) -> RenderableType | None:
    lines = [f"{d['name']}: {d['lastFailure']}" for d in doc["devices"] if d["lastFailure"]]
    lines += [f"{name}: {state}" for name, state in doc["links"].items() if state != "up"]
    lines += [
        f"charge point {name} waits for approval: add it to chargers: in the config file"
        for name in doc["pendingApproval"]
    ]
    if doc["store"]["problem"]:
        lines.append(doc["store"]["problem"])
    return Text("\n".join(lines), style="yellow") if lines else None


def _actions(actions: Sequence[Doc]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("action", "on", "state", "tries", "note"):
        table.add_column(heading)
    for action in actions:
        value = "" if action["target"] is None else f" {action['target']}"
        failure = action["failureReason"]
        table.add_row(
            f"{action['kind']}{value}",
            action["targetId"],
            Text(action["state"], style=_ACTION_STYLE[action["state"]]),
            str(action["attempts"]),
            failure["detail"] if failure else "",
        )
    return table


def _journal(entries: Sequence[Doc]) -> RenderableType:
    lines = [
        f"{datetime.fromisoformat(e['at']):%H:%M:%S}  {e['deviceId']}: {e['sentence']}"
        for e in entries[-JOURNAL_LINES:]
    ]
    return Text("\n".join(lines) or "nothing decided yet", style="dim")
