"""TransactionEvent as it should have been written: any payload in, never an exception."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.model.clock import Now
from drivers.ocpp import parse
from drivers.ocpp.meter import read_meter
from drivers.ocpp.session import Session
from drivers.ocpp.stamps import Stamp
from drivers.ocpp.v201_states import Flow
from drivers.ocpp.v201_tokens import tag_of

NAME_CHARS = 64
"""Names may have 36 characters; some have more."""
GONE = frozenset({"EVCommunicationLost", "EVDeparted", "EVDisconnected"})
PLUGGED_IN = "CablePluggedIn"
MOST_PHASES = 3


class Kind(StrEnum):
    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Args:
    name: the transaction's, None if the charger gave none.
    written: the timestamp as it stands there.
    stamp: what it is worth; late also if the charger says that it was offline.
    evse: None if it does not say.
    identified: somebody identified himself, as `tag` if that is not None.
    gone: the car was unplugged.
    values: meter values, unread.
    """

    kind: Kind
    name: str | None
    written: str
    stamp: Stamp
    evse: int | None
    identified: bool
    tag: str | None
    flow: Flow | None
    gone: bool
    reason: str | None
    phases: int | None
    seconds_charged: float
    values: list[Any]


def read_event(session: Session, payload: dict[str, Any], now: Now) -> Event:
    """Make the best of it; oddities are counted."""
    info, evse = _mapping(payload.get("transactionInfo")), payload.get("evse")
    trigger = parse.text(payload.get("triggerReason"), 40)
    reason = parse.text(info.get("stoppedReason"), 40)
    phases = parse.integer(payload.get("numberOfPhasesUsed"))
    offline = payload.get("offline") in (True, "true")
    asked_for = trigger == "Trigger" and not offline
    stamp = session.stamps.read(payload.get("timestamp"), now, live=asked_for)
    values = payload.get("meterValue")
    token = payload.get("idToken")
    return Event(
        kind=_kind(session, payload.get("eventType")),
        name=parse.text(info.get("transactionId"), NAME_CHARS),
        written=parse.text(payload.get("timestamp"), 40) or "",
        stamp=Stamp(at=stamp.at, late=stamp.late or offline),
        evse=parse.integer(evse.get("id") if isinstance(evse, dict) else evse),
        identified=token is not None,
        tag=tag_of(token),
        flow=_flow(session, info.get("chargingState"), trigger),
        gone=bool(GONE & {trigger, reason}),
        reason=reason,
        phases=phases if phases is not None and 0 < phases <= MOST_PHASES else None,
        seconds_charged=max(parse.number(info.get("timeSpentCharging")) or 0.0, 0.0),
        values=values if isinstance(values, list) else [],
    )


def register_wh(event: Event, *, last: bool) -> float | None:
    """The energy register in the first or in the last of its meter values."""
    for value in reversed(event.values) if last else event.values:
        samples = value.get("sampledValue") if isinstance(value, dict) else None
        found = read_meter(samples, MOST_PHASES, _overlooked, numbers=True).energy_wh
        if found is not None and found >= 0:
            return found
    return None


def _overlooked(_: str) -> None:
    """Counted where the values are taken for live ones."""


def _kind(session: Session, word: object) -> Kind:
    try:
        return Kind(parse.text(word, 20) or "")
    except ValueError:
        session.anomalies.count("unknown eventType")
        return Kind.UPDATED


def _flow(session: Session, word: object, trigger: str | None) -> Flow | None:
    if word is None:
        return Flow.EV_CONNECTED if trigger == PLUGGED_IN else None
    try:
        return Flow(parse.text(word, 40) or "")
    except ValueError:
        session.anomalies.count("unknown chargingState")
        return None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
