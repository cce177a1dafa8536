"""The house as a process: ports, cables, the truth, and what it says about bad wishes."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient

from simulators.clock import iso
from tests.sim.sim_programs import Program, program

START_S = 1717243200.0
TRACE = "start_utc,load_w,pv_w\n2024-06-01T12:00:00Z,1500,0\n2024-06-01T13:00:00Z,1500,600\n"


async def ask(port: int, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Send lines over one cable and return as many answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        answers = []
        for message in messages:
            writer.write(json.dumps(message).encode() + b"\n")
            async with asyncio.timeout(5):
                answers.append(json.loads(await reader.readline()))
        return answers
    finally:
        writer.close()
        await writer.wait_closed()


def clock(speed: float = 600.0) -> str:
    """A clock that starts at noon when the house does, give or take its start-up."""
    return f"{iso(START_S)}/{time.time()}/{speed}"


async def ready(house: Program) -> dict[str, int]:
    line = await house.line()
    assert line["ready"] is True
    ports: dict[str, int] = line["ports"]
    return ports


async def test_meter_and_truth_agree_at_high_speed(tmp_path: Path) -> None:
    trace = tmp_path / "trace.csv"
    trace.write_text(TRACE, encoding="utf-8")
    args = ["--inverter", "huawei_sun2000", "--meter-port", "0", "--battery-kwh", "0"]
    args += ["--trace", str(trace), "--clock", clock(), "--car", "CP001"]
    async with program("house", *args) as house:
        ports = await ready(house)
        assert set(ports) == {"inverter", "meter", "cable"}
        meter = AsyncModbusTcpClient("127.0.0.1", port=ports["meter"], framer=FramerType.RTU)
        await meter.connect()
        await asyncio.sleep(1.0)
        block = await meter.read_input_registers(72, count=2)
        (answer,) = await ask(ports["cable"], {"truth": True})
        meter.close()
        house.tell(signal.SIGUSR1)
        later = (await house.line())["truth"]
        assert await house.end() == 0
    truth = answer["truth"]
    imported_kwh = meter.convert_from_registers(block.registers, meter.DATATYPE.FLOAT32)
    assert isinstance(imported_kwh, float)
    assert imported_kwh - 812 == pytest.approx(truth["energy_kwh"]["import"], abs=0.02)
    expected_kwh = 1.5 * truth["simulated_s"] / 3600
    assert truth["energy_kwh"]["load"] == pytest.approx(expected_kwh)
    assert truth["simulated_s"] > 300
    assert later["simulated_s"] > truth["simulated_s"]
    assert abs(truth["balance_error_kwh"]) < 1e-9


async def test_a_cable_offers_current_and_its_end_opens_the_contactor() -> None:
    async with program("house", "--car", "CP001,phases=1,soc=20", "--clock", clock()) as house:
        ports = await ready(house)
        port = ports["cable"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b'{"hello":"CP001"}\n{"offer":[16,16,16],"read":7}\n')
        async with asyncio.timeout(5):
            hello, offered = [json.loads(await reader.readline()) for _ in range(2)]
            assert hello["plugged"] is True
            assert offered["read"] == 7
            charging = json.loads(await reader.readline())
        assert charging["currents_a"] == [16.0, 0.0, 0.0]
        assert charging["power_w"] == pytest.approx(16 * charging["voltages_v"][0], abs=1.0)
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.1)
        (after,) = await ask(port, {"hello": "CP001"})
        assert after["power_w"] == 0
        (out,) = await ask(port, {"bay": "CP001", "plug": False})
        assert (out["plugged"], out["soc_percent"]) == (False, None)


async def test_nonsense_on_the_cable_is_answered_with_what_is_wrong() -> None:
    async with program("house", "--car", "CP001") as house:
        port = (await ready(house))["cable"]
        no_bay, no_list, no_object = await ask(
            port,
            {"hello": "CP9"},
            {"bay": "CP001", "offer": [16]},
            [1],  # type: ignore[arg-type]
        )
        assert "no bay 'CP9'; there are ['CP001']" in no_bay["error"]
        assert "error" in no_list
        assert "JSON object" in no_object["error"]
        assert await house.end() == 0


@pytest.mark.parametrize(
    "args", [["--trace", "/nowhere.csv"], ["--car", "CP001,wheels=4"], ["--clock", "fast"]]
)
async def test_a_wish_that_cannot_be_met_ends_the_program(args: list[str]) -> None:
    async with program("house", *args) as house, asyncio.timeout(10):
        assert await house.process.wait() != 0


async def test_one_device_alone_serves_the_figures_it_was_given() -> None:
    args = ["eastron_sdm630", "--framer", "socket", "--set", "grid_w=1200"]
    async with program("modbus_device", *args) as device:
        port = (await device.line())["port"]
        meter = AsyncModbusTcpClient("127.0.0.1", port=port)
        await meter.connect()
        block = await meter.read_input_registers(52, count=2)
        meter.close()
        assert meter.convert_from_registers(block.registers, meter.DATATYPE.FLOAT32) == 1200
        assert await device.end() == 0
    async with program("modbus_device", "sunspec", "--set", "cake=1") as device:
        async with asyncio.timeout(10):
            assert await device.process.wait() == 1
