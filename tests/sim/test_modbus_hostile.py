"""A device whose every answer has bytes changed, lost or repeated, beside one that is well."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from agent.clock import SystemClock
from agent.model.driver import LinkDown
from benchmarks.hostile import bent
from drivers.modbus.faults import BusFault
from drivers.modbus.link import Bus, Pacing
from drivers.modbus.turns import Priority
from drivers.modbus.wire import Endpoint, Request
from tests.sim.modbus_fault_server import Behaviour, FaultServer

READS = 120
TIMEOUT_S = 0.02
WELL_WITHIN_S = 1.0
HURRIED = Pacing(reopen_pause_s=0.001)


@dataclass
class BendingServer(FaultServer):
    dice: random.Random = field(default_factory=lambda: random.Random(15))

    def _frame(
        self, transaction: bytes, told: Behaviour, unit: int, function: int, body: bytes
    ) -> bytes:
        return bent(super()._frame(transaction, told, unit, function, body), self.dice)


def bus_to(server: FaultServer) -> Bus:
    framer = "rtu" if server.rtu else "socket"
    return Bus(Endpoint("127.0.0.1", server.port, framer), clock=SystemClock(), pacing=HURRIED)


async def read(bus: Bus, address: int, timeout_s: float) -> tuple[int, ...]:
    request = Request(unit=1, function=3, address=address, count=4)
    return await bus.request(request, timeout_s=timeout_s, priority=Priority.FAST)


async def read_for_ever(bus: Bus, answers: Counter[bool]) -> None:
    """Ask a device that is well, and count whether its answers are right."""
    while True:
        for address in range(0, 1000, 10):
            found = await read(bus, address, WELL_WITHIN_S)
            answers[found == tuple(range(address, address + 4))] += 1
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("rtu", [False, True])
async def test_bent_answers_are_faults_and_disturb_no_other_device(*, rtu: bool) -> None:
    outcomes, answers = Counter[str](), Counter[bool]()
    async with BendingServer(rtu=rtu) as bad, FaultServer(rtu=rtu) as well:
        bus, other = bus_to(bad), bus_to(well)
        neighbour = asyncio.create_task(read_for_ever(other, answers))
        for address in range(READS):
            try:
                found = await read(bus, address, TIMEOUT_S)
            except (BusFault, LinkDown) as fault:
                outcomes[type(fault).__name__] += 1
            else:
                assert len(found) == 4
                outcomes["right" if found == tuple(range(address, address + 4)) else "wrong"] += 1
        neighbour.cancel()
        with suppress(asyncio.CancelledError):
            await neighbour
        await bus.close()
        await other.close()
    assert outcomes.total() == READS
    assert outcomes["BusFault"] + outcomes["LinkDown"] > READS / 3
    if rtu:  # serial frames have a checksum; those of Modbus TCP rely on TCP's
        assert outcomes["wrong"] == 0
    assert answers[True] > 50
    assert answers[False] == 0
