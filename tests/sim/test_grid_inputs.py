"""The grid operator's inputs over real sockets and files."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.assembly.grid import build_inputs
from agent.clock import SystemClock
from agent.config.grid import GridInputConfig, GridOperatorConfig
from agent.config.models import Settings
from agent.model.driver import LinkDown
from agent.model.intents import Answer, GridLimit, Intent
from drivers.mqtt_link import Server, connect
from tests.sim.modbus_helpers import image_server, port_of
from tests.sim.mosquitto import mosquitto


class Desk:
    """Takes Intents, and lets a test wait for them."""

    def __init__(self) -> None:
        self.limits_w: asyncio.Queue[float | None] = asyncio.Queue()

    async def submit(self, intent: Intent) -> Answer:
        assert isinstance(intent, GridLimit)
        self.limits_w.put_nowait(intent.import_w)
        return Answer()

    async def until(self, limit_w: float | None) -> None:
        async with asyncio.timeout(5):
            while await self.limits_w.get() != limit_w:
                pass


@asynccontextmanager
async def listening(config: GridInputConfig, broker: Server | None = None) -> AsyncIterator[Desk]:
    desk = Desk()
    section = GridOperatorConfig(inputs={"box": config})
    settings = Settings.model_validate(
        {
            "house": {"timezone": "UTC", "fuse_a": 25},
            "chargers": {"garage": {"identity": "A"}},
            "grid_operator": section,
        }
    )
    (each,) = build_inputs(settings, broker, desk.submit, SystemClock())
    task = asyncio.get_running_loop().create_task(each.run())
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_contact_of_an_input_module() -> None:
    with image_server() as server:
        config = GridInputConfig(
            source="modbus", host="127.0.0.1", port=port_of(server), address=3, poll_s=0.2
        )
        async with listening(config) as desk:
            await desk.until(None)
            server.data_bank.set_discrete_inputs(3, [True])
            await desk.until(4200.0)
            server.data_bank.set_discrete_inputs(3, [False])
            await desk.until(None)


async def test_a_register_that_holds_the_limit() -> None:
    with image_server() as server:
        server.data_bank.set_holding_registers(40, [0, 7600])
        config = GridInputConfig(
            source="modbus",
            host="127.0.0.1",
            port=port_of(server),
            table="holding",
            address=40,
            type="u32",
            value="power_w",
            poll_s=0.2,
        )
        async with listening(config) as desk:
            await desk.until(7600.0)


@pytest.mark.mosquitto
async def test_a_topic(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        server = Server(host="127.0.0.1", port=broker.port)
        config = GridInputConfig(source="mqtt", topic="fnn/limit", value="power_w", factor=1000)
        async with connect(server, client_id="box") as box:
            await box.publish("fnn/limit", "4.2", retain=True)
            async with listening(config, server) as desk:
                await desk.until(4200.0)
                await box.publish("fnn/limit", "off", retain=True)
                await desk.until(None)


async def test_a_pin_that_is_a_file(tmp_path: Path) -> None:
    pin = tmp_path / "value"
    pin.write_text("0\n")
    config = GridInputConfig(source="file", path=pin, poll_s=0.2)
    async with listening(config) as desk:
        await desk.until(None)
        pin.write_text("1\n")
        await desk.until(4200.0)


async def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    config = GridInputConfig(source="file", path=tmp_path / "none", poll_s=0.2)
    settings = Settings.model_validate(
        {"house": {"timezone": "UTC", "fuse_a": 25}, "grid_operator": {"inputs": {"pin": config}}}
    )
    (each,) = build_inputs(settings, None, Desk().submit, SystemClock())
    with pytest.raises(LinkDown, match=r"none cannot be read \(No such file"):
        await each.run()
