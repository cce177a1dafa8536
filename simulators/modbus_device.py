"""One Modbus device alone, with figures of one's choice that never change by themselves.

    python -m simulators.modbus_device eastron_sdm630 --port 0 --set grid_w=1200

Prints {"ready": true, "port": ...}. What can be set are the numbers of
simulators.plant.FixedPlant; signs: grid + import, battery + charging.
"""

import argparse
import asyncio
from dataclasses import fields
from typing import get_type_hints

from simulators.clock import SimClock
from simulators.devices import NAMES, build_device
from simulators.modbus_server import ModbusServer
from simulators.plant import FixedPlant
from simulators.process import say, until_told


def plant_from(pairs: list[str]) -> FixedPlant:
    """Read NAME=NUMBER pairs.

    Raises:
        ValueError: an unknown name or no number.
    """
    hints = get_type_hints(FixedPlant)
    names = [field.name for field in fields(FixedPlant) if hints[field.name] in _NUMBERS]
    plant = FixedPlant()
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in names:
            raise ValueError(f"--set {pair}: no such value; there are {', '.join(names)}")
        try:
            setattr(plant, name, float(value))
        except ValueError as error:
            raise ValueError(f"--set {pair}: {value!r} is not a number") from error
    return plant


_NUMBERS = (float, float | None)


async def run(args: argparse.Namespace) -> None:
    plant = plant_from(args.set)
    options = {"framer": args.framer} if args.device == "eastron_sdm630" and args.framer else {}
    device = build_device(args.device, plant, **options)
    device.faults = args.faults

    def catch_up() -> None:
        plant.now_s = args.clock.now_s()

    server = ModbusServer(device=device, before=catch_up)
    say({"ready": True, "port": await server.start(args.port, args.host)})
    await until_told()
    await server.stop()


def main() -> None:
    parse = argparse.ArgumentParser(
        prog="python -m simulators.modbus_device",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parse.add_argument("device", choices=NAMES)
    parse.add_argument("--host", default="127.0.0.1")
    parse.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parse.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER")
    parse.add_argument("--framer", choices=["rtu", "socket"], help="of the SDM630; rtu")
    parse.add_argument("--faults", type=float, default=0.0, help="share of busy answers, 0 to 1")
    parse.add_argument("--clock", type=SimClock.parse, default=SimClock())
    args = parse.parse_args()
    try:
        asyncio.run(run(args))
    except (OSError, ValueError) as error:
        parse.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
