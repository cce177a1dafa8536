"""Steering one device over its bus: urgent, checked, and given back when nobody asks any more."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from agent.model.clock import Clock
from agent.model.driver import LinkDown, Notebook
from agent.model.readings import BatteryReading, DeviceId
from agent.model.targets import BatteryTarget
from drivers.modbus.controls import BatteryControl
from drivers.modbus.faults import BusFault, Fault
from drivers.modbus.model import Register, Value, Values
from drivers.modbus.poller import Poller
from drivers.modbus.turns import Priority
from drivers.modbus.watchdog import BatteryWatchdog

log = logging.getLogger(__name__)

ADOPT_WITHIN_S: Final = 120.0
"""A mode that the last run of Hearth left behind ends if nobody asks for one by then."""
SAFE_WITHIN_S: Final = 2.0


class Port:
    """A device's registers for reading back and writing, before all polling."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller

    async def read(self, register: Register) -> Value | None:
        """Raises: BusFault."""
        try:
            return await self._poller.read_one(register, Priority.WRITE)
        except LinkDown as down:
            raise BusFault(Fault.LINK_DOWN, str(down)) from down

    async def write(self, register: Register, words: Sequence[int]) -> None:
        """Raises: BusFault."""
        try:
            await self._poller.write_one(register, words)
        except LinkDown as down:
            raise BusFault(Fault.LINK_DOWN, str(down)) from down


class Steering:
    """The battery behind one device."""

    def __init__(
        self,
        *,
        device: DeviceId,
        name: str,
        poller: Poller,
        clock: Clock,
        notebook: Notebook,
        values: Callable[[], Values],
        max_power_w: float | None,
    ) -> None:
        self.device = device
        self.control = BatteryControl(
            name=name,
            key=device,
            model=poller.model,
            port=Port(poller),
            clock=clock,
            notebook=notebook,
            values=values,
            max_power_w=max_power_w,
        )
        self.watchdog = BatteryWatchdog(self.control)
        self._clock = clock
        self._poller = poller
        self._recalled = False

    async def recall(self) -> None:
        """Take up, once, what an earlier run has written down."""
        if not self._recalled:
            await self.control.writer.recall()
            self._recalled = True

    async def apply(self, target: BatteryTarget) -> None:
        """Raises:
        LinkDown: the device has not answered yet, or does not any more.
        Refused: it cannot be done.
        """
        if self._poller.identity is None:
            raise LinkDown(f"{self.control.name} has not been reached yet")
        await self.recall()
        await self.control.apply(target)

    async def mode(self) -> BatteryReading | None:
        """The operation mode that the device's registers tell, stamped before they were asked."""
        now = self._clock.now()
        try:
            async with self.control.turn:
                mode = await self.control.observe()
        except BusFault as fault:
            log.debug("%s: operation mode not read: %s", self.control.name, fault)
            return None
        if mode is None:
            return None
        return BatteryReading(device=self.device, at=now.at, mono_s=now.mono_s, operation_mode=mode)

    async def adopt(self) -> None:
        """Give the battery back that the last run held, unless somebody asks for it in time."""
        await self.recall()
        if not self.control.writer.held or self.control.target is not None:
            return
        await self._clock.sleep(ADOPT_WITHIN_S)
        if self.control.target is None and self.control.writer.held:
            log.info("%s: nobody asks for its operation mode any more", self.control.name)
            await self.control.give_back()

    async def make_safe(self) -> None:
        """Give the battery back to its own regulation, as far as it goes within 2 s."""
        try:
            async with asyncio.timeout(SAFE_WITHIN_S):
                await self.control.give_back()
        except TimeoutError:
            log.warning(
                "%s did not answer in time to be given back; its own time-out will do it",
                self.control.name,
            )
