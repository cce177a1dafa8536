"""Who charges, in OCPP 2.x: an idToken has a type, Hearth's tags are text as in 1.6."""

import re

from drivers.ocpp import parse

CARS = frozenset({"macaddress", "evccid"})
AUTOCHARGE = "VID:"
"""How chargers mark a car's MAC address in an idTag of 1.6, so that it has one name in both."""
_MAC_DIGITS = 12


def tag_of(token: object) -> str | None:
    """The token as a tag; None where nobody identified himself (NoAuthorization)."""
    kind = ""
    if isinstance(token, dict):
        kind = (parse.text(token.get("type"), 40) or "").lower()
        token = token.get("idToken")
    text = parse.text(token)
    if text is None or kind == "noauthorization":
        return None
    return car_tag(text) if kind in CARS else text


def car_tag(identifier: str) -> str:
    """A car's MAC address as Autocharge has it; longer identifiers (ISO 15118-20) as they are."""
    digits = re.sub(r"[^0-9A-Za-z]", "", identifier).upper().removeprefix("VID")
    is_mac = len(digits) == _MAC_DIGITS and all(c in "0123456789ABCDEF" for c in digits)
    return AUTOCHARGE + digits if is_mac else identifier
