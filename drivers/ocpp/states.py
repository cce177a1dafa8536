"""From an OCPP 1.6 status (§4.9, ChargePointStatus) to a power-delivery state. Pure.

The status alone does not tell whether a car takes what it is offered, so timers on the
monotonic clock and the measured power decide between charging, starting and refusing.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent.model.readings import PowerDelivery

START_GRACE_S = 120.0
"""A car that was offered current may take this long before it counts as refusing."""
NO_FLOW_GRACE_S = 60.0
FLOW_W = 50.0
EXPORT_W = 100.0
PLUG_DOUBT_S = 60.0


class Status(StrEnum):
    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


IDLE = frozenset(
    {
        Status.AVAILABLE,
        Status.PREPARING,
        Status.SUSPENDED_EV,
        Status.SUSPENDED_EVSE,
        Status.FINISHING,
        Status.RESERVED,
        Status.FAULTED,
    }
)
"""In these no energy flows, by their definition."""

PLUGGED = frozenset(
    {
        Status.PREPARING,
        Status.CHARGING,
        Status.SUSPENDED_EV,
        Status.SUSPENDED_EVSE,
        Status.FINISHING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a connector; instants on the monotonic clock, None = never or unknown.

    Args:
        limit_a: per phase, the limit we set last; None if we set none.
        start_asked_s: a start was asked for, or a card accepted.
        started_s: the transaction's start; ended_s: the last one's end.
        raised_s: our limit was raised from below the minimum.
        no_flow_since_s: since when the measured power is next to nothing.
        last: the state before, for Unavailable.
        available_is_unreliable: the model says Available after each transaction though plugged.
    """

    status: Status | None
    transaction_open: bool = False
    power_w: float | None = None
    limit_a: float | None = None
    start_asked_s: float | None = None
    started_s: float | None = None
    ended_s: float | None = None
    raised_s: float | None = None
    no_flow_since_s: float | None = None
    last: PowerDelivery = PowerDelivery.UNKNOWN
    available_is_unreliable: bool = False


def power_delivery(facts: Facts, mono_s: float) -> PowerDelivery:
    """The state at the instant `mono_s`."""
    match facts.status:
        case None:
            return _without_status(facts)
        case Status.AVAILABLE:
            return _available(facts, mono_s)
        case Status.RESERVED:
            return PowerDelivery.UNPLUGGED
        case Status.PREPARING:
            starting = _within(facts.start_asked_s, START_GRACE_S, mono_s) or _within(
                facts.started_s, START_GRACE_S, mono_s
            )
            return PowerDelivery.INITIALIZING if starting else PowerDelivery.STOPPED
        case Status.CHARGING:
            return _charging(facts, mono_s)
        case Status.SUSPENDED_EV:
            return _offered_but_not_taken(facts, mono_s)
        case Status.SUSPENDED_EVSE | Status.FINISHING:
            return PowerDelivery.STOPPED
        case Status.UNAVAILABLE:
            return facts.last
        case Status.FAULTED:
            return PowerDelivery.FAULT


def _without_status(facts: Facts) -> PowerDelivery:
    """A charger may stay silent about its status after a reconnect; power tells enough."""
    if facts.power_w is not None and facts.power_w > EXPORT_W:
        return PowerDelivery.CHARGING
    if facts.power_w is not None and facts.power_w < -EXPORT_W:
        return PowerDelivery.DISCHARGING
    return PowerDelivery.UNKNOWN


def _available(facts: Facts, mono_s: float) -> PowerDelivery:
    doubtful = facts.transaction_open or _within(facts.ended_s, PLUG_DOUBT_S, mono_s)
    if facts.available_is_unreliable and doubtful:
        return PowerDelivery.STOPPED
    return PowerDelivery.UNPLUGGED


def _charging(facts: Facts, mono_s: float) -> PowerDelivery:
    if facts.power_w is not None and facts.power_w < -EXPORT_W:
        return PowerDelivery.DISCHARGING
    quiet_since_s = facts.no_flow_since_s
    if quiet_since_s is None:
        return PowerDelivery.CHARGING
    if facts.limit_a == 0:
        return PowerDelivery.STOPPED
    raised_s = facts.raised_s if facts.raised_s is not None else quiet_since_s
    if quiet_since_s >= raised_s and _within(quiet_since_s, NO_FLOW_GRACE_S, mono_s):
        return PowerDelivery.CHARGING
    if _within(max(quiet_since_s, raised_s), START_GRACE_S, mono_s):
        return PowerDelivery.INITIALIZING
    return PowerDelivery.NO_POWER


def _offered_but_not_taken(facts: Facts, mono_s: float) -> PowerDelivery:
    if facts.limit_a == 0:
        return PowerDelivery.STOPPED
    since = [s for s in (facts.started_s, facts.raised_s) if s is not None]
    if since and _within(max(since), START_GRACE_S, mono_s):
        return PowerDelivery.INITIALIZING
    return PowerDelivery.NO_POWER


def _within(since_s: float | None, seconds: float, mono_s: float) -> bool:
    return since_s is not None and mono_s - since_s < seconds
