"""Which car hangs where, on a terminal, and how Hearth knows."""

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

Doc = Mapping[str, Any]

EVIDENCE_LINES = 3
LIKELY = 0.5


def pairs(doc: Doc, evidence_lines: int = EVIDENCE_LINES) -> RenderableType:
    """Which car hangs where and how Hearth knows, the weightiest first."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("cable", "car, and how Hearth knows", "weight"):
        table.add_column(heading, no_wrap=heading == "cable")
    for pair in doc["pairs"]:
        known = pair["vehicleId"] is not None or pair["lockedBy"] == "manual"
        style = "green" if known else "yellow"
        table.add_row(
            Text(named(pair["chargerId"], doc), style="bold"), Text(pair["says"], style=style), ""
        )
        about = pair["vehicleId"] or pair["runnerUpId"]
        reasons = pair["reasons"] if pair["lockedBy"] != "manual" and about else []
        for each in reasons[:evidence_lines]:
            for_it = each["points"] > 0
            weight = Text(each["weight"], style="green" if for_it else "red")
            table.add_row("", Text(f"{'+' if for_it else '-'} {each['says']}", style="dim"), weight)
        if pair["settles"] and evidence_lines:
            table.add_row("", Text(f"? {pair['settles']}", style="dim"), "")
    return table


def whose(device: Doc, doc: Doc) -> str:
    """Which car is on a charger, and how sure that is; empty where there is none to be known."""
    pair = next((each for each in doc["pairs"] if each["chargerId"] == device["id"]), None)
    if pair is None or not any(each["kind"] == "vehicle" for each in doc["devices"]):
        return ""
    if pair["vehicleId"] is None:
        if pair["lockedBy"] == "manual":
            return "a guest"
        rival = pair["runnerUpId"]
        if pair["confidence"] > LIKELY:
            return "perhaps a guest"
        return f"perhaps {named(rival, doc)}" if rival else "unknown car"
    sure = "" if pair["lockedBy"] == "manual" else f" ({int(100 * pair['confidence'])} % sure)"
    return f"{named(pair['vehicleId'], doc)}{sure}"


_NO_DEVICES = {"grid_operator": "Grid operator"}
"""Of whom things are decided who are none."""


def named(device_id: str, doc: Doc) -> str:
    """As people call it."""
    names = (each["name"] for each in doc["devices"] if each["id"] == device_id)
    return str(next(names, _NO_DEVICES.get(device_id, device_id)))
