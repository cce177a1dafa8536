"""The part of the status document that tells of prices. See docs/tariffs.md."""

from typing import Any

from agent.bridges.wire import instant, number
from agent.model.picture import Picture
from agent.model.prices import PeakRate, slot_at
from agent.tariffs import import_known_until

_DIGITS = 5


def prices(picture: Picture) -> dict[str, Any] | None:
    """What holds now, in currency per kWh; null = unknown."""
    found, now = picture.prices, picture.now.at
    if found is None:
        return None
    slot = slot_at(found.slots, now)
    return {
        "currency": found.currency,
        "import": None if slot is None else number(slot.import_per_kwh, _DIGITS),
        "export": None if slot is None else number(slot.export_per_kwh, _DIGITS),
        "until": None if slot is None else instant(slot.end),
        "knownUntil": instant(import_known_until(found, now)),
        "peak": None if found.peak is None else _peak(found.peak),
        "sources": dict(found.sources),
    }


def _peak(peak: PeakRate) -> dict[str, Any]:
    reached_w = peak.reached_w
    return {
        "perKw": number(peak.per_kw, _DIGITS),
        "windowSeconds": number(peak.window_s, 0),
        "free": number(peak.free_w / 1000, 3),
        "reached": None if reached_w is None else number(reached_w / 1000, 3),
    }
