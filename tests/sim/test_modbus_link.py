"""The bus against a server that misbehaves on demand."""

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.model.driver import LinkDown
from drivers.modbus.faults import BusFault, Fault
from drivers.modbus.link import Bus, Pacing
from drivers.modbus.turns import Priority
from drivers.modbus.wire import Endpoint, Request
from tests.sim.modbus_fault_server import GOOD, Behaviour, FaultServer

TIMEOUT_S = 0.1


@asynccontextmanager
async def bus_to(server: FaultServer, pacing: Pacing | None = None) -> AsyncIterator[Bus]:
    framer = "rtu" if server.rtu else "socket"
    bus = Bus(Endpoint("127.0.0.1", server.port, framer), clock=SystemClock(), pacing=pacing)
    try:
        yield bus
    finally:
        await bus.close()


async def read(
    bus: Bus, address: int, count: int = 4, *, unit: int = 1, priority: Priority = Priority.FAST
) -> tuple[int, ...]:
    request = Request(unit=unit, function=3, address=address, count=count)
    return await bus.request(request, timeout_s=TIMEOUT_S, priority=priority)


async def fault_of(bus: Bus, address: int = 10, count: int = 4) -> Fault:
    with pytest.raises(BusFault) as caught:
        await read(bus, address, count)
    return caught.value.fault


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def truth(address: int, count: int = 4) -> tuple[int, ...]:
    return tuple(range(address, address + count))


@pytest.mark.parametrize("rtu", [False, True])
async def test_registers_arrive_over_both_kinds_of_frame(*, rtu: bool) -> None:
    async with FaultServer(rtu=rtu) as server, bus_to(server) as bus:
        assert await read(bus, 100, 20) == truth(100, 20)
        assert await read(bus, 65530, 6) == truth(65530, 6)


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (Behaviour(exception=1), Fault.REFUSED),
        (Behaviour(exception=2), Fault.ILLEGAL_ADDRESS),
        (Behaviour(exception=3), Fault.ILLEGAL_VALUE),
        (Behaviour(exception=4), Fault.BUSY),
        (Behaviour(exception=6), Fault.BUSY),
        (Behaviour(exception=11), Fault.UNIT_GONE),
        (Behaviour(exception=0x80), Fault.PERMISSION),
        (Behaviour(exception=99), Fault.REFUSED),
        (Behaviour(silent=True), Fault.TIMEOUT),
        (Behaviour(reset=True), Fault.LINK_DOWN),
        (Behaviour(close=True), Fault.LINK_DOWN),
        (Behaviour(function=4), Fault.MIXED_UP),
        (Behaviour(function=0x55), Fault.MIXED_UP),
    ],
)
@pytest.mark.parametrize("rtu", [False, True])
async def test_each_way_of_failing_has_its_name_and_the_next_read_works(
    *, rtu: bool, behaviour: Behaviour, fault: Fault
) -> None:
    async with FaultServer(rtu=rtu) as server, bus_to(server) as bus:
        await read(bus, 1)
        server.script.append(behaviour)
        assert await fault_of(bus) is fault
        assert await read(bus, 30) == truth(30)
        assert server.most_at_once == 1


@pytest.mark.parametrize(("rtu", "fault"), [(False, Fault.SHORT), (True, Fault.MIXED_UP)])
async def test_a_short_answer_is_never_taken_for_a_whole_one(*, rtu: bool, fault: Fault) -> None:
    async with FaultServer(rtu=rtu) as server, bus_to(server) as bus:
        server.script.append(Behaviour(drop_words=2))
        assert await fault_of(bus) is fault
        assert await read(bus, 30) == truth(30)


async def test_bytes_that_are_no_modbus_end_the_request_at_once() -> None:
    async with FaultServer() as server, bus_to(server) as bus:
        server.script.append(Behaviour(garbage=b"HTTP/1.1 400 Bad Request\r\n"))
        started_s = time.monotonic()
        assert await fault_of(bus) is Fault.MIXED_UP
        assert time.monotonic() - started_s < TIMEOUT_S


async def test_a_reset_is_noticed_before_the_time_out() -> None:
    async with FaultServer() as server, bus_to(server) as bus:
        server.script.append(Behaviour(reset=True))
        started_s = time.monotonic()
        request = Request(unit=1, function=3, address=1)
        with pytest.raises(BusFault):
            await bus.request(request, timeout_s=30, priority=Priority.FAST)
        assert time.monotonic() - started_s < 1


async def test_an_answer_as_unit_0_counts_for_the_unit_that_was_asked() -> None:
    async with FaultServer() as server, bus_to(server) as bus:
        server.script.append(Behaviour(unit=0))
        assert await read(bus, 7) == truth(7)


@pytest.mark.parametrize("rtu", [False, True])
async def test_no_wrong_value_under_late_short_and_cancelled_answers(*, rtu: bool) -> None:
    chance = random.Random(7)
    good_but_slow = Behaviour(late_s=0.02)
    bad = [
        Behaviour(late_s=1.1 * TIMEOUT_S),
        Behaviour(drop_words=1),
        Behaviour(function=4),
        Behaviour(exception=6),
        Behaviour(reset=True),
    ]
    good = wrong = 0
    async with FaultServer(rtu=rtu) as server, bus_to(server) as bus:
        for _ in range(40):
            address = chance.randrange(1000)
            server.script.append(chance.choice([*bad, *[good_but_slow] * 5]))
            with suppress(BusFault, TimeoutError):
                async with asyncio.timeout(chance.choice([5, 5, 5, 0.015])):
                    found = await read(bus, address)
                    good += 1
                    wrong += found != truth(address)
            server.script.clear()
        assert wrong == 0
        assert good > 10
        assert server.most_at_once == 1


async def test_never_more_than_one_connection_over_100_reconnects() -> None:
    pacing = Pacing(reopen_pause_s=0.005)
    files = open_files()
    async with FaultServer(rule=lambda *_: Behaviour(close=True)) as server:
        async with bus_to(server, pacing) as bus:
            for n in range(100):
                server.script.append(GOOD)
                assert await read(bus, n) == truth(n)
                server.script.append([Behaviour(close=True), Behaviour(reset=True)][n % 2])
                await fault_of(bus)
        await asyncio.sleep(0.01)
        assert bus.counts.reconnects == 99
        assert (server.accepted, server.most_at_once, server.open_now) == (100, 1, 0)
    assert open_files() <= files


async def test_a_port_at_which_nobody_listens_is_a_clear_sentence() -> None:
    async with FaultServer() as server:
        port = server.port
    bus = Bus(Endpoint("127.0.0.1", port), clock=SystemClock())
    with pytest.raises(LinkDown, match=rf"127.0.0.1:{port} refuses the connection; is Modbus"):
        await bus.open()


async def test_a_device_with_one_place_is_not_asked_again_right_after_a_refusal() -> None:
    async with FaultServer() as server:
        port = server.port
    pacing = Pacing(single_client=True)
    bus = Bus(Endpoint("127.0.0.1", port), clock=SystemClock(), pacing=pacing)
    with pytest.raises(LinkDown, match="refuses"):
        await bus.open()
    async with FaultServer(port=port) as server:
        with pytest.raises(LinkDown, match="next try in 10 s"):
            await read(bus, 1)
        assert server.accepted == 0


async def test_a_device_that_drops_every_connection_counts_as_down_after_three() -> None:
    async with FaultServer(rule=lambda *_: Behaviour(close=True)) as server, bus_to(server) as bus:
        await fault_of(bus)
        await fault_of(bus)
        with pytest.raises(LinkDown, match="drops them when asked"):
            await read(bus, 1)


async def test_a_serial_adapter_that_is_not_there_is_named() -> None:
    bus = Bus(Endpoint("/dev/serial/by-id/none", framer="rtu"), clock=SystemClock())
    with pytest.raises(LinkDown, match="/dev/serial/by-id/none cannot be reached"):
        await bus.open()


async def test_a_busy_device_is_asked_again() -> None:
    async with FaultServer() as server, bus_to(server) as bus:
        server.script.extend([Behaviour(exception=6), Behaviour(exception=6)])
        request = Request(unit=1, function=3, address=5)
        found = await bus.request(request, timeout_s=1, priority=Priority.FAST, tries=3)
        assert found == (5,)
        assert bus.counts.faults[Fault.BUSY] == 2


async def test_a_write_waits_behind_one_request_only() -> None:
    server = FaultServer(rule=lambda *_: Behaviour(late_s=0.05))
    pacing = Pacing(min_pause_s=0.01)
    async with server, bus_to(server, pacing) as bus, asyncio.TaskGroup() as group:
        for n in range(5):
            group.create_task(read(bus, n, priority=Priority.SLOW))
        await asyncio.sleep(0.02)
        write = Request(unit=1, function=16, address=900, values=(7, 8))
        await bus.request(write, timeout_s=1, priority=Priority.WRITE)
        assert [function for _, function, _, _ in server.requests] == [3, 16]
    assert server.written == {(1, 900): 7, (1, 901): 8}


async def test_the_pauses_of_the_device_are_kept() -> None:
    pacing = Pacing(min_pause_s=0.05, connect_pause_s=0.1)
    async with FaultServer() as server, bus_to(server, pacing) as bus:
        started_s = time.monotonic()
        await read(bus, 1)
        connected_s = time.monotonic()
        await read(bus, 2)
        assert connected_s - started_s >= 0.1
        assert time.monotonic() - connected_s >= 0.05


async def test_small_requests_leave_at_once() -> None:
    async with FaultServer() as server, bus_to(server) as bus:
        await read(bus, 1)
        wire = bus._wire
        assert wire is not None
        assert wire._client is not None
        line = wire._client.ctx.transport.get_extra_info("socket")
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_reader_that_is_cancelled_ends_even_if_the_answer_comes_at_that_instant() -> None:
    async with FaultServer() as server, bus_to(server, Pacing(reopen_pause_s=0.005)) as bus:
        answered = asyncio.Event()

        async def read_for_ever() -> None:
            while True:
                await read(bus, 1)
                answered.set()

        for turn in range(40):
            task = asyncio.create_task(read_for_ever())
            await answered.wait()
            for _ in range(turn % 8):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=1)
            assert done, "the cancellation was lost"
            answered.clear()
