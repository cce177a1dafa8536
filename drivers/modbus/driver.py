"""The Modbus driver: one endpoint, one connection, one or more devices behind it.

Safe state without Hearth: meters are only read; an inverter that was turned down and a battery go
back to their own control through a time-out of theirs, and are put there when Hearth stops.
"""

import asyncio
from collections.abc import Sequence

from agent.model.driver import DeviceInfo, LinkDown, Refused, Report
from agent.model.targets import BatteryTarget, InverterTarget, Target
from drivers.modbus.link import Bus
from drivers.modbus.member import Member
from drivers.modbus.sequences import ValueMissing


class ModbusDriver:
    """One link; see agent.model.driver.Driver."""

    def __init__(self, bus: Bus, members: Sequence[Member]) -> None:
        self.bus = bus
        self.members = tuple(members)
        self._running = False
        self.name = " and ".join(member.setup.name for member in members)
        self.devices: Sequence[DeviceInfo] = [
            info for member in members for info in member.setup.infos
        ]

    async def run(self, report: Report) -> None:
        """Hold the connection and poll all devices behind it.

        Raises:
            LinkDown: nothing answers at the endpoint.
        """
        down: BaseException | None = None
        self._running = True
        try:
            await self.bus.open()
            async with asyncio.TaskGroup() as group:
                for member in self.members:
                    _start(group, member, report)
        except* LinkDown as downs:
            down = downs.exceptions[0]
        finally:
            self._running = False
            await self.bus.close()
        if down is not None:
            link_down = LinkDown(str(down))
            for member in self.members:
                await member.lost(report, link_down)
            raise link_down

    async def send(self, target: Target) -> None:
        """Put a battery into an operation mode, or turn an inverter down.

        Raises:
            LinkDown: nothing answered in time.
            Refused: the device declined, or cannot be steered.
        """
        if isinstance(target, InverterTarget):
            await self._limit(target)
            return
        member = next((m for m in self.members if _steers(m, target)), None)
        if member is None or member.steering is None or not isinstance(target, BatteryTarget):
            raise Refused(
                f"{target.device} can be read but not steered; a battery needs control: true and "
                "a device model with operation modes"
            )
        try:
            await member.steering.apply(target)
        except ValueMissing as error:
            if member.known:
                raise
            raise LinkDown(str(error)) from None  # it may be read in a moment
        finally:
            member.hurry()

    async def _limit(self, target: InverterTarget) -> None:
        member = next((m for m in self.members if _limits(m, target)), None)
        if member is None or member.limiting is None:
            raise Refused(
                f"{target.device} cannot be turned down: its device model has no production_limit,"
                " or control is false"
            )
        try:
            await member.limiting.apply(target)
        finally:
            member.hurry()

    async def make_safe(self) -> None:
        """Give batteries back to their own regulation and set inverters free, as far as it goes
        within 2 s.

        While `run` holds the connection, if possible: some inverters want 1.5 s after a connect.
        """
        for member in self.members:
            if member.steering is not None:
                await member.steering.make_safe()
            if member.limiting is not None:
                await member.limiting.make_safe()
        if not self._running:
            await self.bus.close()


def _steers(member: Member, target: Target) -> bool:
    return member.steering is not None and member.steering.device == target.device


def _limits(member: Member, target: Target) -> bool:
    return member.limiting is not None and member.limiting.device == target.device


def _start(group: asyncio.TaskGroup, member: Member, report: Report) -> None:
    name = member.setup.name
    group.create_task(member.watch(report), name=f"modbus {name}")
    if member.steering is not None or member.limiting is not None:
        group.create_task(member.attend(report), name=f"modbus {name} after commands")
    if member.limiting is not None:
        group.create_task(member.limiting.run(), name=f"modbus {name} limit")
        group.create_task(member.limiting.adopt(), name=f"modbus {name} limit adoption")
    if member.steering is not None:
        group.create_task(member.steering.watchdog.run(), name=f"modbus {name} watchdog")
        group.create_task(member.steering.adopt(), name=f"modbus {name} adoption")
