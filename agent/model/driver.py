"""The one interface between Hearth and hardware."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from agent.model.readings import DeviceId, DeviceKind, Reading
from agent.model.targets import Target

Report = Callable[[Reading], Awaitable[None]]
"""Returns when the house has the Reading; that await is the back-pressure."""


class LinkDown(Exception):
    """The device is silent or talks nonsense; the link is restarted after a pause."""


class Refused(Exception):
    """The device understood and said no; the same target will not be sent again."""


class Unable(Refused):
    """The device itself said no to what it was thought able to do; plans do without that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """A device as the config file has it.

    Args:
        name: what people call it; the device id unless the installer gave a better one.
        driver: the word in the config file, e.g. eastron_sdm630 or ocpp.
        battery_modes: modes that can be set; empty for all that is no controllable battery.
        max_current_a: chargers: the most the cable and the installer allow, per phase.
        phases: chargers: phases wired to it, 1 to 3.
        phase_switching: chargers: whether Hearth may let it charge on one of its phases only.
        max_power_w: rating, for plausibility and as worst case; None = unknown.
        poll_s: how often it is asked or sends by itself; None = unknown. Says when it is stale.
        capacity_wh: vehicles and batteries: usable capacity as the installer gave it.
        startable: vehicles: whether the car itself can be told to start and stop.
        refreshable: vehicles: whether its source can be asked for news out of turn.
        locatable: vehicles: whether its source tells where the car is; None = unknown.
        pausable: vehicles: False = a pause may end its charge for good.
        limitable: inverters: whether it can be told to give no more than so much.
        entry: what the installer called the entry of the config file that it is a part of;
            None = it stands in none.
    """

    id: DeviceId
    kind: DeviceKind
    name: str
    driver: str
    battery_modes: tuple[str, ...] = ()
    min_current_a: float = 6.0
    max_current_a: float = 16.0
    phases: int = 3
    phase_switching: bool = False
    max_power_w: float | None = None
    poll_s: float | None = None
    capacity_wh: float | None = None
    startable: bool = False
    refreshable: bool = False
    locatable: bool | None = None
    pausable: bool | None = None
    limitable: bool = False
    entry: str | None = None


class Driver(Protocol):
    """One link (socket, serial bus, listener) to one or more devices."""

    name: str
    devices: Sequence[DeviceInfo]

    async def run(self, report: Report) -> None:
        """Hold the link and report Readings until cancelled, or raise LinkDown.

        A device that is lost is reported with reachable=False by the driver itself.
        """

    async def send(self, target: Target) -> None:
        """Pass a target on. Proof of success is a later Reading, not this return.

        Raises:
            LinkDown: nothing answered in time.
            Refused: the device declined.
        """

    async def make_safe(self) -> None:
        """Best effort within 2 s when Hearth stops: leave every device in its safe state."""


@runtime_checkable
class Refreshable(Protocol):
    """A driver whose devices can be asked for news out of turn; that may cost a budget."""

    async def refresh(self, device: DeviceId) -> None:
        """Ask; the answer is a later Reading.

        Raises:
            Refused: it cannot be asked, or not again so soon.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """OCPP start to stop at one charger.

    Args:
        id: ours, a growing int32 >= 1, on disk before the charger hears of it.
        meter_start_wh, meter_stop_wh: the charger's register as it said.
        reconstructed: the stop was not reported but inferred.
    """

    id: int
    charger: DeviceId
    id_tag: str
    started_at: datetime
    meter_start_wh: float | None
    stopped_at: datetime | None = None
    meter_stop_wh: float | None = None
    stop_reason: str | None = None
    reconstructed: bool = False


class TransactionBook(Protocol):
    """Where the OCPP driver keeps transactions; each call returns when the fact is on disk."""

    async def open_transaction(
        self, *, charger: DeviceId, id_tag: str, started_at: datetime, meter_start_wh: float | None
    ) -> Transaction:
        """Open one, or return the same one for the same four values (a charger repeats itself)."""

    async def close_transaction(
        self,
        *,
        charger: DeviceId,
        transaction_id: int,
        stopped_at: datetime,
        meter_stop_wh: float | None,
        reason: str | None,
        reconstructed: bool = False,
    ) -> Transaction:
        """Close it. An id that nobody knows is written down as a transaction without a start."""

    async def open_transactions(self) -> Sequence[Transaction]:
        """All that have no stop yet, oldest first."""


class Notebook(Protocol):
    """Small durable facts of a driver (a charger's capabilities, quarantined registers)."""

    async def read_note(self, topic: str, key: str) -> Mapping[str, object] | None: ...

    async def read_notes(self, topic: str) -> Mapping[str, Mapping[str, object]]:
        """All notes under a topic, by key."""

    async def write_note(self, topic: str, key: str, note: Mapping[str, object] | None) -> None:
        """Keep `note` under topic and key, or forget it when None; returns when on disk."""
