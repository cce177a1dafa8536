"""What a box says that it will offer: all profiles and the installer's limit together."""

from typing import Any

from simulators.charger.box import Box

_PHASES = 3


def periods(box: Box, duration_s: int, unit: str) -> list[dict[str, Any]]:
    """chargingSchedulePeriod entries from now on."""
    found = []
    started_s = box.tx.started_s if box.tx else None
    for start_s, limit in box.profiles.composite(box.now_s, duration_s, started_s):
        current_a = min(box.max_current_a, limit.current_a)
        phases = min(box.phases, limit.phases or _PHASES)
        value = current_a * box.profiles.voltage_v * phases if unit == "W" else current_a
        found.append(
            {"startPeriod": round(start_s), "limit": round(value, 1), "numberPhases": phases}
        )
    return found
