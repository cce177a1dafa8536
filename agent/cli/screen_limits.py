"""What the grid operator wants, on a terminal."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from rich.console import RenderableType
from rich.text import Text

Doc = Mapping[str, Any]

_STATES = {
    "ANNOUNCED": "announced",
    "BEGAN": "being obeyed",
    "HELD": "kept",
    "NOT_HELD": "not kept yet",
}
_STYLE = {"ANNOUNCED": "dim", "BEGAN": "yellow", "HELD": "yellow", "NOT_HELD": "red"}
_COUNTED = {"METER": " at the meter", "DEVICES": " with cars and batteries", "EACH": " each device"}


def limits(doc: Doc, zone: tzinfo | None) -> list[RenderableType]:
    """What the grid operator wants, in one line each."""
    return [
        Text(f"grid operator: {_limit(order, zone)}", style=_STYLE[order["state"]])
        for order in doc.get("gridOrders", ())
    ]


def _limit(order: Doc, zone: tzinfo | None) -> str:
    limits = [
        f"{word} at most {order[key]:.2f} kW"
        for word, key in (("take", "importLimit"), ("give", "exportLimit"))
        if order[key] is not None
    ]
    begins, ends = (
        None if at is None else f"{datetime.fromisoformat(at).astimezone(zone):%a %H:%M}"
        for at in (order["beginsAt"], order["endsAt"])
    )
    until = f" until {ends}" if ends else ""
    span = f" from {begins}{until}" if order["state"] == "ANNOUNCED" else until
    state = _STATES[order["state"]]
    return f"{' and '.join(limits)}{_COUNTED[order['scope']]}{span} ({order['source']}): {state}"
