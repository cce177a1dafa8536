"""The first word about a device: who it is. What it does follows in the next one."""

from typing import Any, Final

from agent.bridges.documents.view import Json

_STATES: Final = frozenset(
    {"chargeState", "productionState", "energyState", "config", "location", "odometer", "flows"}
)


def bare(kind: str, doc: Json) -> Json:
    """The document with all that is not information unknown."""
    if kind in ("pair", "schedule", "smart-charging-status", "grid-order"):
        return doc
    made = {name: _unknown(value) if name in _STATES else value for name, value in doc.items()}
    if "lastSeen" in made:
        made |= {"lastSeen": None, "problem": None}
    made |= {name: None for name in ("pairing", "session", "month") if name in made}
    return made


def _unknown(value: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            made[name] = _unknown(inner)
        else:
            made[name] = "UNKNOWN" if name == "powerDeliveryState" else None
    return made
