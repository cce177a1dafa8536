"""A gateway that publishes a car of a simulated house over MQTT.

    python -m simulators.vehicles --gateway teslamate --car 1 --broker 127.0.0.1:1883 \\
        --house 127.0.0.1:5022 --bay CP001

Prints {"ready": true} when the first values are at the broker. SIGTERM ends it in good order, so
that no last will is spoken; to hear that, kill it.
"""

import argparse
import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiomqtt

from simulators.clock import SimClock, iso
from simulators.process import say, until_told
from simulators.vehicles import carconnectivity, ovms, statestream, teslamate
from simulators.vehicles.bay import Bay, HouseLost
from simulators.vehicles.gateway import CarState, Gateway, Message

AGAIN_S = 1.0
PATIENCE_S, GOODBYE_WITHIN_S = 10.0, 2.0
SHORTEST_PAUSE_S, SHORTEST_WAKE_S = 0.02, 0.5

_Make = Callable[[str, str, frozenset[str]], Gateway]
GATEWAYS: dict[str, tuple[str, _Make, dict[str, str]]] = {
    "teslamate": ("teslamate", teslamate.TeslaMate, teslamate.QUIRKS),
    "ovms": ("ovms/demo", lambda base, car, q: ovms.Ovms(f"{base}/{car}", q), ovms.QUIRKS),
    "statestream": ("hass", statestream.Statestream, statestream.QUIRKS),
    "carconnectivity": (
        "carconnectivity/0",
        carconnectivity.CarConnectivity,
        carconnectivity.QUIRKS,
    ),
}
"""Name -> usual first part of its topics, how it is made, and what may be wrong with it."""


def parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(prog="python -m simulators.vehicles", description=__doc__)
    quirks = {quirk for _, _, known in GATEWAYS.values() for quirk in known}
    parse.add_argument("--gateway", choices=sorted(GATEWAYS), required=True)
    parse.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    parse.add_argument("--house", required=True, metavar="HOST:PORT", help="its cable port")
    parse.add_argument("--bay", required=True, help="where the car parks, e.g. CP001")
    parse.add_argument("--base", help="first part of its topics, if not the usual one")
    parse.add_argument("--car", default="1", help="number, name or VIN of the car in its topics")
    parse.add_argument("--capacity-kwh", type=float, default=60.0)
    parse.add_argument("--limit", type=float, default=80.0, help="where the car stops, %%")
    parse.add_argument("--home", default="50.85,4.35", metavar="LAT,LON")
    parse.add_argument("--quirk", action="append", choices=sorted(quirks), default=[])
    parse.add_argument("--clock", type=SimClock.parse, default=SimClock())
    return parse


def make_gateway(args: argparse.Namespace) -> Gateway:
    """
    Raises:
        ValueError: this gateway has no such quirk.
    """
    base, make, quirks = GATEWAYS[args.gateway]
    wrong = sorted(set(args.quirk) - quirks.keys())
    if wrong:
        raise ValueError(f"{args.gateway} has no quirk {wrong[0]}; there are {', '.join(quirks)}")
    return make(args.base or base, args.car, frozenset(args.quirk))


def make_bay(args: argparse.Namespace) -> Bay:
    """
    Raises:
        ValueError: --house or --home cannot be read.
    """
    host, _, port = args.house.rpartition(":")
    latitude, _, longitude = args.home.partition(",")
    return Bay(
        host=host or "127.0.0.1",
        port=int(port),
        name=args.bay,
        limit_percent=args.limit,
        capacity_wh=args.capacity_kwh * 1000,
        home=(float(latitude), float(longitude)),
    )


class Program:
    """Connects, looks and publishes for ever; a broker or a house that is gone is waited for."""

    def __init__(self, args: argparse.Namespace, gateway: Gateway, bay: Bay) -> None:
        self.args, self.gateway, self.bay = args, gateway, bay
        self.clock: SimClock = args.clock
        self.ready = False

    async def run(self) -> None:
        while True:
            try:
                await self._publish_for_ever()
            except (aiomqtt.MqttError, HouseLost, TimeoutError) as error:
                say(
                    {"event": "lost", "at": iso(self.clock.now_s()), "why": str(error) or "silence"}
                )
                await asyncio.sleep(AGAIN_S)

    async def _publish_for_ever(self) -> None:
        async with _connected(self.args.broker, self.gateway) as client:
            for message in self.gateway.hello():
                await _publish(client, message)
            while True:
                car = await self.bay.read()
                for message in self.gateway.look(car, self.clock.now_s()):
                    await _publish(client, message)
                if not self.ready:
                    self.ready = True
                    say({"ready": True})
                await self._pause(car)

    async def _pause(self, car: CarState) -> None:
        """Until the next look; a gateway that the cable wakes looks again soon after a change."""
        left_s = max(SHORTEST_PAUSE_S, self.gateway.pause_s(car) / self.clock.speed)
        wakes_s = self.gateway.wakes_s
        piece_s = left_s if wakes_s is None else max(SHORTEST_WAKE_S, wakes_s / self.clock.speed)
        while left_s > piece_s:
            await asyncio.sleep(piece_s)
            left_s -= piece_s
            now = await self.bay.read()
            if (now.plugged, now.charging) != (car.plugged, car.charging):
                return
        await asyncio.sleep(left_s)


@asynccontextmanager
async def _connected(broker: str, gateway: Gateway) -> AsyncIterator[aiomqtt.Client]:
    """Time-outs are ours: those of aiomqtt are asyncio.wait_for, which on Python 3.11 loses a
    cancellation that comes together with the answer, so that we would not stop."""
    host, _, port = broker.rpartition(":")
    will = gateway.will
    client = aiomqtt.Client(
        host or "127.0.0.1",
        int(port),
        keepalive=gateway.keepalive_s,
        will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None,
        timeout=math.inf,
    )
    async with asyncio.timeout(PATIENCE_S):
        await client.__aenter__()
    try:
        yield client
    finally:
        with suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(GOODBYE_WITHIN_S):
                await client.__aexit__(None, None, None)


async def _publish(client: aiomqtt.Client, message: Message) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await client.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)


async def _main(program: Program) -> None:
    async with asyncio.TaskGroup() as group:
        work = group.create_task(program.run(), name="gateway")
        await until_told()
        work.cancel()
    program.bay.close()


def main() -> None:
    parse = parser()
    args = parse.parse_args()
    try:
        program = Program(args, make_gateway(args), make_bay(args))
    except ValueError as error:
        parse.error(str(error))
    asyncio.run(_main(program))


if __name__ == "__main__":
    main()
