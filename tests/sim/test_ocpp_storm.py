"""Much at once: floods of broken frames, everybody dialling in together, restarts."""

import asyncio
import contextlib
import json
import random

from drivers.ocpp.config import ChargerConfig, OcppConfig
from drivers.ocpp.listener import OcppListener
from tests.notebook import Notebook
from tests.sim.ocpp_house import Book, House, WallClock, charge, site
from tests.sim.ocpp_peer import Peer, stamp

GOOD = (
    [2, "1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}],
    [
        2,
        "2",
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": "Charging"},
    ],
    [
        2,
        "3",
        "StartTransaction",
        {"connectorId": 1, "idTag": "T", "meterStart": 1, "timestamp": "x"},
    ],
    [2, "4", "StopTransaction", {"transactionId": 5, "meterStop": 9, "timestamp": stamp()}],
    [2, "5", "MeterValues", {"connectorId": 1, "meterValue": [{"sampledValue": [{"value": "1"}]}]}],
    [2, "6", "Authorize", {"idTag": "T"}],
    [2, "7", "DataTransfer", {"vendorId": "x", "data": "y"}],
    [3, "8", {"status": "Accepted"}],
    [4, "9", "InternalError", "", {}],
)
ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    2**70,
    1e300,
    "",
    "x" * 300,
    [],
    {},
    [[]],
    {"a": {}},
    "NaN",
    "\ud800",
)


def spoilt(dice: random.Random) -> bytes:
    """A good frame with a field replaced, or with bytes changed."""
    frame = json.loads(json.dumps(dice.choice(GOOD)))
    place = dice.choice(frame)
    if isinstance(place, dict) and place and dice.random() < 0.7:
        place[dice.choice(list(place))] = dice.choice(ODD)
    else:
        frame[dice.randrange(len(frame))] = dice.choice(ODD)
    data = bytearray(json.dumps(frame).encode())
    if dice.random() < 0.3:
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


async def test_a_flood_of_broken_frames_disturbs_no_other_charger() -> None:
    dice = random.Random(16)
    chargers = {"garage": ChargerConfig(identity="CP1"), "yard": ChargerConfig(identity="CP2")}
    async with site(chargers) as here, Peer.dial(here.port, "CP2") as good:
        await good.boot()
        for _ in range(4):
            async with Peer.dial(here.port, "CP1") as bad:
                with contextlib.suppress(ConnectionError):
                    for _ in range(300):
                        await bad.socket.send(spoilt(dice).decode("latin-1"))
                assert (await good.call("Heartbeat", {}))["currentTime"]
                assert (await bad.call("Heartbeat", {}))["currentTime"]
        assert here.house.garage.anomalies


async def test_thirty_chargers_that_dial_in_at_once_are_all_served() -> None:
    names = [f"CP{n}" for n in range(30)]

    async def live(port: int, name: str) -> str:
        async with Peer.dial(port, name) as cp:
            answer = await cp.boot()
            await cp.status("Available")
            return str(answer["status"])

    async with site({name: ChargerConfig(identity=name) for name in names}) as here:
        async with asyncio.TaskGroup() as tasks:
            booted = [tasks.create_task(live(here.port, name)) for name in names]
        assert [task.result() for task in booted] == ["Accepted"] * 30


async def test_the_listener_can_be_run_again_after_it_ended() -> None:
    async with site() as here:
        listener, port = here.listener, here.port
        async with Peer.dial(port) as cp:
            await cp.boot()
            await listener.send(charge(10.0))
    assert listener.port is None
    house = House()
    running = asyncio.ensure_future(listener.run(house.report))
    while listener.port is None:  # noqa: ASYNC110 (it tells nobody)
        await asyncio.sleep(0.001)
    async with Peer.dial(listener.port) as cp:
        assert (await cp.boot())["status"] == "Accepted"
        await cp.was_asked("SetChargingProfile")
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_quiet_charger_is_pinged_before_it_is_given_up() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await asyncio.sleep(0.35)
        here.clock.ahead_s = 100
        await asyncio.sleep(0.3)  # the pong arrives
        here.clock.ahead_s = 200
        await asyncio.sleep(0.2)
        assert here.house.garage.reachable is True


def test_a_listener_names_its_chargers_as_the_installer_did() -> None:
    chargers = {
        "garage": ChargerConfig(identity="CP1", name="Garage left", phases=1, max_current_a=20)
    }
    listener = OcppListener(OcppConfig(), chargers, WallClock(), Book(), Notebook())
    (garage,) = listener.devices
    assert (garage.id, garage.name, garage.phases) == ("garage", "Garage left", 1)
    assert garage.max_power_w == 4600
