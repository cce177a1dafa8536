"""Simulated Modbus devices, asked by pymodbus and walked by pysunspec2."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sunspec2.modbus.client
from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusTcpClient

from simulators.devices import build_device
from simulators.house_view import HouseView
from simulators.modbus_server import ModbusServer
from simulators.physics import House
from simulators.plant import FixedPlant, Plant
from simulators.registers import Device
from simulators.sun import Weather

TYPES = AsyncModbusTcpClient.DATATYPE
decode = AsyncModbusTcpClient.convert_from_registers


@asynccontextmanager
async def served(device: Device) -> AsyncIterator[int]:
    """Serve a device; yields the port."""
    server = ModbusServer(device=device)
    port = await server.start(0)
    try:
        yield port
    finally:
        await server.stop()


@asynccontextmanager
async def client(
    port: int, framer: FramerType = FramerType.SOCKET
) -> AsyncIterator[AsyncModbusTcpClient]:
    """A client that gives up at once."""
    one = AsyncModbusTcpClient(
        "127.0.0.1", port=port, framer=framer, timeout=0.3, retries=0, reconnect_delay=0
    )
    assert await one.connect()
    try:
        yield one
    finally:
        one.close()


@pytest.mark.parametrize("framer", [FramerType.RTU, FramerType.SOCKET])
async def test_a_meter_is_read_in_rtu_and_in_mbap_frames(framer: FramerType) -> None:
    plant = FixedPlant(grid_w=-1234.5, import_wh=812_345.0, export_wh=1000.0)
    device = build_device("eastron_sdm630", plant, framer=framer.value)
    async with served(device) as port, client(port, framer) as meter:
        block = await meter.read_input_registers(0, count=80, device_id=1)
        values = decode(block.registers, TYPES.FLOAT32)
        assert isinstance(values, list)
        assert values[26] == -1234.5
        assert values[36:38] == [pytest.approx(812.345), 1.0]
        assert values[0:3] == [230.0, 230.0, 230.0]
        assert (await meter.read_input_registers(0, count=82, device_id=1)).exception_code == 3
        assert (await meter.read_input_registers(0, count=3, device_id=1)).exception_code == 3
        assert (await meter.write_register(2, 1, device_id=1)).exception_code == 1


async def test_a_bus_meter_is_silent_for_other_ids_and_broken_frames() -> None:
    device = build_device("eastron_sdm630", FixedPlant())
    async with served(device) as port, client(port, FramerType.RTU) as meter:
        with pytest.raises(ModbusException):
            await meter.read_input_registers(0, count=2, device_id=2)
    async with served(device) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes.fromhex("0104000000020000"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        writer.close()


async def test_a_huawei_dongle_is_deaf_at_first_and_takes_one_client() -> None:
    plant = FixedPlant(soc_percent=64.2, battery_w=-1500.0)
    device = build_device("huawei_sun2000", plant, connect_delay_s=0.4)
    async with served(device) as port, client(port) as first:
        with pytest.raises(ModbusException):
            await first.read_holding_registers(37760, count=1)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read(1) == b""
        writer.close()
    async with served(device) as port, client(port) as again:
        await asyncio.sleep(0.45)
        assert (await again.read_holding_registers(37760, count=1)).registers == [642]
        block = await again.read_holding_registers(37758, count=26)
        assert decode(block.registers[7:9], TYPES.INT32) == -1500
        assert (await again.read_holding_registers(37000, count=65)).exception_code == 3
        assert (await again.read_holding_registers(37046, count=40)).exception_code == 2
        assert (await again.write_registers(47075, [0, 9999])).exception_code == 3


async def test_a_forced_charge_over_modbus_moves_the_physics_and_ends_by_itself() -> None:
    home = House(surroundings=Weather(), now_s=1717200000.0)
    device = build_device("huawei_sun2000", HouseView(home), connect_delay_s=0.0)
    async with served(device) as port, client(port) as inverter:
        await inverter.write_registers(47247, [0, 3000])
        await inverter.write_register(47083, 2)
        await inverter.write_register(47100, 1)
        home.advance_to(home.now_s + 30)
        charging = (await inverter.read_holding_registers(37765, count=2)).registers
        assert decode(charging, TYPES.INT32) == pytest.approx(3000, abs=1)
        home.advance_to(home.now_s + 91)
        assert (await inverter.read_holding_registers(47100, count=1)).registers == [0]
        assert home.battery.order.setpoint_w is None


async def test_a_gx_serves_many_clients_under_several_ids() -> None:
    plant = FixedPlant(grid_w=-900.0, import_wh=5_678_900.0)
    async with (
        served(build_device("victron_gx", plant)) as port,
        client(port) as one,
        client(port) as two,
    ):
        powers = await one.read_holding_registers(2638, count=6, device_id=30)
        assert decode(powers.registers, TYPES.INT32) == [-300, -300, -300]
        assert (await two.read_input_registers(2634, count=2, device_id=30)).registers == [
            8,
            567890 - 8 * 65536,
        ]
        assert (await two.read_holding_registers(823, count=1, device_id=100)).exception_code == 2
        assert (await two.read_holding_registers(800, count=1, device_id=9)).exception_code == 11
        assert not (await one.write_registers(2716, [0, 500], device_id=100)).isError()
    assert plant.order.grid_target_w == 500


async def test_a_sungrow_puts_the_low_word_first() -> None:
    plant = FixedPlant(pv_w=70_000.0, rated_w=10_000.0)
    async with (
        served(build_device("sungrow_sh", plant)) as port,
        client(port) as inverter,
    ):
        block = await inverter.read_input_registers(5000, count=21)
        assert block.registers[16:18] == [70_000 - 65_536, 1]
        assert block.registers[0] == 100
        serial = await inverter.read_input_registers(4989, count=10)
        assert decode(serial.registers, TYPES.STRING) == "A2290412345"


async def test_an_sma_takes_both_words_of_a_control_or_none() -> None:
    plant = FixedPlant()
    async with served(build_device("sma_hybrid", plant)) as port, client(port) as inverter:
        refused = await inverter.write_register(40236, 2289, device_id=3)
        assert refused.isError()
        assert not (await inverter.write_registers(40799, [0, 0], device_id=3)).isError()
        assert (await inverter.read_holding_registers(31250, count=6, device_id=3)).isError()
    assert plant.order.max_discharge_w == 0


def scan(port: int) -> sunspec2.modbus.client.SunSpecModbusClientDeviceTCP:
    device = sunspec2.modbus.client.SunSpecModbusClientDeviceTCP(
        slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=2
    )
    device.scan()
    device.close()
    return device


async def test_pysunspec_walks_the_models_and_reads_the_same_values() -> None:
    plant = FixedPlant(pv_w=4200.0, battery_w=1000.0, pv_wh=1_234_567.0, soc_percent=61.5)
    async with served(build_device("sunspec", plant)) as port:
        device = await asyncio.to_thread(scan, port)
    models = [key for key in device.models if isinstance(key, int)]
    assert models == [1, 103, 120, 122, 123, 160, 124]
    inverter = device.models[103][0]
    assert (inverter.W.cvalue, inverter.WH.cvalue, inverter.Hz.cvalue) == (3200, 1_234_567, 50)
    assert inverter.PhVphB.cvalue == 230
    assert device.models[1][0].Mn.value == "Hearthside"
    modules = device.models[160][0].groups["module"]
    assert [module.DCW.cvalue for module in modules] == [2100, 2100, 1000, 0]
    assert device.models[124][0].ChaState.cvalue == 61.5
    assert device.models[122][0].ActWh.cvalue == 1_234_567


async def test_a_small_sunspec_power_comes_with_another_scale_factor() -> None:
    plant = FixedPlant(pv_w=123.4, capacity_wh=0.0)
    async with served(build_device("sunspec", plant)) as port:
        device = await asyncio.to_thread(scan, port)
    assert device.models[103][0].W.cvalue == pytest.approx(123.4)
    assert device.models[103][0].W_SF.value == -1
    assert 124 not in device.models


async def test_a_sunspec_power_limit_holds_until_its_revert_time() -> None:
    home = House(surroundings=Weather(seed=2), now_s=1717243200.0)
    home.battery.capacity_wh = 0.0
    async with served(build_device("sunspec", HouseView(home))) as port, client(port) as inverter:
        controls = 40000 + 2 + 68 + 52 + 28 + 46
        assert (await inverter.read_holding_registers(controls, count=2)).registers == [123, 24]
        await inverter.write_register(controls + 7, 60)
        await inverter.write_register(controls + 5, 1000)
        await inverter.write_register(controls + 9, 1)
        home.advance_to(home.now_s + 30)
        assert home.pv_w == pytest.approx(1000)
        home.advance_to(home.now_s + 31)
        assert home.pv_w > 1000


async def test_a_stream_out_of_step_is_closed_and_pipelined_requests_are_all_answered() -> None:
    plant: Plant = FixedPlant()
    async with served(build_device("victron_gx", plant)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = "00{:02x}00000006640303480001"
        writer.write(bytes.fromhex(request.format(1) + request.format(2)))
        async with asyncio.timeout(2):
            answers = await reader.readexactly(22)
        assert (answers[1], answers[12]) == (1, 2)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(2):
            assert await reader.read() == b""
        writer.close()
