"""What charging costs, on a terminal; what is not known is not said."""

from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text

Doc = Mapping[str, Any]

TOLD_FROM_KWH: Final = 0.1


def session_text(state: Doc) -> str:
    """What the session at a charger has taken, and what that costs."""
    energy_kwh, session = state.get("sessionEnergy"), state.get("session")
    if energy_kwh is None:
        return ""
    cost = "" if session is None or session["to"] is not None else _amount(session)
    return ", ".join(part for part in (f"{energy_kwh:.2f} kWh", cost) if part)


def months(doc: Doc) -> list[Text]:
    """One line for each charger and each car that has charged this month."""
    return [
        Text(f"{device['name']} this month: {_month(month)}", style="dim")
        for device in doc["devices"]
        if (month := device["state"].get("month")) is not None and month["sessions"]
    ]


def _month(month: Doc) -> str:
    energy_kwh, own, saving = month["energyKwh"], month["ownShare"], month["saving"]
    parts = ["? kWh" if energy_kwh is None else f"{energy_kwh:.1f} kWh", _amount(month)]
    if month["cost"] is None and month["unaccountedKwh"]:
        parts.append(f"nobody knows what {month['unaccountedKwh']:.1f} kWh of it cost")
    if own is not None:
        parts.append(f"{100 * own:.0f} % own")
    if saving is not None and round(saving, 2):
        words = "less" if saving >= 0 else "more"
        parts.append(f"{abs(saving):.2f} {words} than at once from the grid")
    return ", ".join(part for part in parts if part)


def _amount(costing: Doc) -> str:
    """Nothing as well while so little was charged that its cost is rounded off."""
    cost, energy_kwh = costing["cost"], costing["energyKwh"]
    if cost is None or (cost == 0 and energy_kwh is not None and 0 < energy_kwh < TOLD_FROM_KWH):
        return ""
    return f"{cost:z.2f} {costing['currency']}"
