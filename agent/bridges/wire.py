"""How figures look outside: kilowatt-hours, rounded numbers, ISO times. Inside they are Wh.

None stays None, and what is no finite number becomes None, so that no document ever carries
a guess.
"""

import math
from datetime import UTC, datetime
from typing import Final

from agent.model.clock import Now

LONGEST_TEXT: Final = 255
"""Home Assistant refuses a state that is longer."""


def number(value: float | None, digits: int) -> float | int | None:
    """Rounded to `digits` decimals; an int for 0 digits."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, digits) + 0.0 if digits else round(value)


def kwh(energy_wh: float | None) -> float | int | None:
    """Wh to kWh at 1 Wh, fine enough for hourly bars of a dashboard."""
    return None if energy_wh is None else number(energy_wh / 1000, 3)


def instant(at: datetime | None) -> str | None:
    """ISO 8601 with the offset, which Home Assistant insists on."""
    return None if at is None else at.isoformat(timespec="seconds")


def minute(mono_s: float | None, now: Now) -> str | None:
    """The minute in which a monotonic instant lies, so that a device which speaks all the time is
    no news all the time; None while the wall clock is not believed."""
    if mono_s is None or not now.trusted:
        return None
    at_s = now.at.timestamp() + mono_s - now.mono_s
    return instant(datetime.fromtimestamp(at_s // 60 * 60, UTC))


def short_text(text: str | None) -> str | None:
    """At most 255 characters, cut with an ellipsis."""
    if text is None or len(text) <= LONGEST_TEXT:
        return text
    return text[: LONGEST_TEXT - 1] + "…"
