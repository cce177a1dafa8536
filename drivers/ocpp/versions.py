"""Which version of OCPP to speak with a charger: by its offer, and by what the installer pinned."""

from collections.abc import Sequence
from typing import Any

PROTOCOLS = {"ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1", "ocpp1.6": "1.6"}
"""Versions by subprotocol, preferred first; 2.1 is spoken as its subset 2.0.1."""
OLDEST = "1.6"
NEWER = "2.0.1"
_NEWER_ACTIONS = frozenset({"TransactionEvent", "NotifyEvent", "NotifyReport"})
_NEWER_FIELDS = {"BootNotification": "chargingStation", "StatusNotification": "connectorStatus"}


def offers(headers: Sequence[str]) -> tuple[str, ...]:
    """The subprotocols that a charger names in its Sec-WebSocket-Protocol headers."""
    return tuple(word.strip() for line in headers for word in line.split(",") if word.strip())


def chosen(offered: Sequence[str], pinned: str | None) -> str | None:
    """The subprotocol to confirm; None if none of those offered is known and allowed."""
    allowed = (name for name, v in PROTOCOLS.items() if pinned in (None, v))
    return next((name for name in allowed if name in offered), None)


def contradicts(offered: Sequence[str], pinned: str | None) -> bool:
    """Whether the charger names versions that are known, but not the one that is pinned."""
    known = {PROTOCOLS[name] for name in offered if name in PROTOCOLS}
    return pinned is not None and bool(known) and pinned not in known


def spoken(offered: Sequence[str], pinned: str | None) -> str:
    """The version to speak.

    The standard wants a charger with a wrong or missing header sent away; too many have one. They
    are spoken to as what their words come closest to.
    """
    subprotocol = chosen(offered, pinned)
    if subprotocol is not None:
        return PROTOCOLS[subprotocol]
    words = " ".join(offered).lower()
    return pinned or next((v for v in PROTOCOLS.values() if v in words), OLDEST)


def malformed(version: str | None) -> str:
    """The error code for a request that is none (OCPP-J 1.6 §4.2.3; OCPP 2.0.1 part 4 §4.3)."""
    return "FormationViolation" if version == OLDEST else "RpcFrameworkError"


def betrays_newer(action: str, payload: dict[str, Any]) -> bool:
    """Whether a request can only be one of OCPP 2.x, for chargers that named no version."""
    return action in _NEWER_ACTIONS or _NEWER_FIELDS.get(action, "") in payload
