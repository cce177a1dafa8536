"""Values as chargers write them: numbers as text, odd dates, anything instead of anything.

Each function takes whatever JSON held and returns the value or None; none raises.
"""

import math
import re
from datetime import UTC, datetime

MAX_TEXT_CHARS = 255
_FRACTION = re.compile(r"[.,](\d+)")


def number(value: object) -> float | None:
    """A finite number, also from text such as ' 9.6' or '9,6'."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip().replace(",", ".")
    elif not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def integer(value: object) -> int | None:
    """A whole number, also from text or from a float without fraction, of at most 64 bits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**63 else None
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", value):
        return integer(int(value))
    as_number = number(value)
    if as_number is None or as_number != int(as_number) or abs(as_number) >= 2**63:
        return None
    return int(as_number)


def text(value: object, max_chars: int = MAX_TEXT_CHARS) -> str | None:
    """Printable text without surrounding space; None when nothing is left."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    clean = "".join(c for c in value[:max_chars] if c.isprintable()).strip()
    return clean.encode("utf-8", "replace").decode() or None


def timestamp(value: object) -> tuple[datetime, bool] | None:
    """The instant as written, and whether it named a time zone; without one it counts as UTC."""
    if not isinstance(value, str):
        return None
    # Python takes 3 or 6 digits of a second; chargers send 0 to 9
    written = _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), value.strip(), count=1)
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    try:
        return (at.replace(tzinfo=UTC), False) if at.tzinfo is None else (at.astimezone(UTC), True)
    except OverflowError:
        return None
