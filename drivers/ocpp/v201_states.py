"""From what a 2.x charger says of an EVSE to the status that Hearth reasons with. Pure.

Two sources: the connector (StatusNotification or, in its place, NotifyEvent) knows whether a cable
is plugged in, the transaction (chargingState in TransactionEvent) whether energy flows. The newest
word counts, except that a connector which is Occupied says nothing of a transaction's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from drivers.ocpp.states import Status

SOME_CONNECTOR = 0
"""Inferred, not said: which connector of the EVSE it is does not matter."""


class Plug(StrEnum):
    """ConnectorStatusEnumType."""

    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class Flow(StrEnum):
    """ChargingStateEnumType."""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    IDLE = "Idle"


FLOWS = {
    Flow.CHARGING: Status.CHARGING,
    Flow.EV_CONNECTED: Status.PREPARING,
    Flow.SUSPENDED_EV: Status.SUSPENDED_EV,
    Flow.SUSPENDED_EVSE: Status.SUSPENDED_EVSE,
}
PLUGS = {
    Plug.AVAILABLE: Status.AVAILABLE,
    Plug.OCCUPIED: Status.PREPARING,
    Plug.RESERVED: Status.RESERVED,
    Plug.UNAVAILABLE: Status.UNAVAILABLE,
    Plug.FAULTED: Status.FAULTED,
}
_FIRST_OF = (Plug.OCCUPIED, Plug.AVAILABLE, Plug.RESERVED, Plug.UNAVAILABLE, Plug.FAULTED)
"""An EVSE serves one connector at a time: one that is in use speaks for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a charger said last of one EVSE.

    Args:
        connectors: by number.
        flow: the running transaction's state.
    """

    connectors: Mapping[int, Plug] = field(default_factory=lambda: MappingProxyType({}))
    flow: Flow | None = None

    @property
    def plug(self) -> Plug | None:
        held = self.connectors.values()
        return next((plug for plug in _FIRST_OF if plug in held), None)

    @property
    def word(self) -> str:
        """The protocol's own word for the state."""
        return str(self.flow or self.plug or "")

    def plug_said(self, connector: int, plug: Plug) -> "Told":
        """A connector told its status; where no car is left, no energy flows."""
        said = {n: p for n, p in self.connectors.items() if n != SOME_CONNECTOR}
        told = replace(self, connectors={**said, connector: plug})
        return replace(told, flow=None) if told.plug is Plug.AVAILABLE else told

    def flow_said(self, flow: Flow) -> "Told":
        """The transaction told its state, which takes a car unless it is Idle."""
        if flow is Flow.IDLE or self.plug not in (None, Plug.AVAILABLE):
            return replace(self, flow=flow)
        return Told(connectors={SOME_CONNECTOR: Plug.OCCUPIED}, flow=flow)

    def ended(self, *, gone: bool) -> "Told":
        """The transaction has ended; unless it is known otherwise the car is still there."""
        if gone:
            return Told(connectors={SOME_CONNECTOR: Plug.AVAILABLE})
        if self.plug is None:
            return Told(connectors={SOME_CONNECTOR: Plug.OCCUPIED})
        return replace(self, flow=None)

    def status(self, *, running: bool) -> Status | None:
        """Args:
        running: a transaction is open.
        """
        plug = self.plug
        if plug in (Plug.FAULTED, Plug.UNAVAILABLE):
            return PLUGS[plug]
        if not running:
            return None if plug is None else PLUGS[plug]
        if self.flow is Flow.IDLE:
            return Status.AVAILABLE if plug in (None, Plug.AVAILABLE) else Status.FINISHING
        if self.flow is not None:
            return FLOWS[self.flow]
        return Status.AVAILABLE if plug is Plug.AVAILABLE else Status.PREPARING
