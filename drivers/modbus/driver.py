"""The Modbus driver: one endpoint, one connection, one or more devices behind it.

Safe state without Hearth: meters and inverters are only read; a battery goes back to its own
control through its remote-control time-out, and is put there when Hearth stops.
"""

import asyncio
from collections.abc import Sequence

from agent.model.driver import DeviceInfo, LinkDown, Refused, Report
from agent.model.targets import Target
from drivers.modbus.link import Bus
from drivers.modbus.member import Member


class ModbusDriver:
    """One link; see agent.model.driver.Driver."""

    def __init__(self, bus: Bus, members: Sequence[Member]) -> None:
        self.bus = bus
        self.members = tuple(members)
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
        try:
            await self.bus.open()
            async with asyncio.TaskGroup() as group:
                for member in self.members:
                    group.create_task(member.watch(report), name=f"modbus {member.setup.name}")
        except* LinkDown as downs:
            down = downs.exceptions[0]
        finally:
            await self.bus.close()
        if down is not None:
            link_down = LinkDown(str(down))
            for member in self.members:
                await member.lost(report, link_down)
            raise link_down

    async def send(self, target: Target) -> None:
        """Nothing here can be steered yet.

        Raises:
            Refused: always.
        """
        raise Refused(f"{target.device} can be read but not steered")

    async def make_safe(self) -> None:
        """Meters and inverters are only read."""
        await self.bus.close()
