"""A whole house in one process: physics, its Modbus devices, and cables for charge points.

    python -m simulators.house --inverter huawei_sun2000 --inverter-port 0 --meter-port 0

Prints {"ready": true, "ports": {...}} when everything listens, and {"truth": {...}} on SIGUSR1
and at the end. Port 0 lets the system choose.
"""

import argparse
import asyncio
from pathlib import Path

from simulators.battery import Battery
from simulators.cable import CableServer
from simulators.car_words import car_from, guest_from
from simulators.circuit_view import CircuitView
from simulators.clock import SimClock, iso
from simulators.devices import NAMES, build_device
from simulators.house_view import HouseView
from simulators.modbus_server import ModbusServer
from simulators.physics import House, Surroundings
from simulators.plant import Phases
from simulators.process import say, until_told
from simulators.registers import Device
from simulators.sun import Weather
from simulators.trace import read_trace

_SHORTEST_TICK_S = 0.01
_SHORTEST_DEAFNESS_S = 0.05
"""Real time; less is within what two busy processes may be late by themselves."""


def truth(house: House) -> dict[str, object]:
    """The house's own account, to be compared with what somebody measured. Energies in kWh."""
    return {
        "simulated_s": round(house.simulated_s, 3),
        "at": iso(house.now_s),
        "energy_kwh": {
            "load": house.base_load_wh / 1000,
            "pv": house.produced_wh / 1000,
            "import": house.imported_wh / 1000,
            "export": house.exported_wh / 1000,
            "battery_charge": house.battery.charge_wh / 1000,
            "battery_discharge": house.battery.discharge_wh / 1000,
            "cars": {car.name: car.taken_wh / 1000 for car in house.cars},
        },
        "battery_soc_percent": house.battery.soc_percent,
        "cars": {
            car.name: {
                "soc_percent": car.own_soc_percent,
                "plugged": car.own_plugged,
                "guest": car.guest_here,
            }
            for car in house.cars
        },
        "max_current_a": list(house.max_current_a),
        "fuse_a": house.fuse_a,
        "now_a": _amps(house.grid_phases_w, house.voltages_v),
        "circuit_a": _amps(house.circuit_phases_w, house.voltages_v),
        "offered_a": [
            sum(c.offered_a[p] for c in house.cars if c.plugged and p < c.phases) for p in range(3)
        ],
        "grid_w": house.grid_w,
        "cars_w": house.cars_w,
        "sun_w": house.pv_w,
        "battery_w": house.battery.power_w,
        "orders": _orders(house),
        "over_fuse_s": house.over_fuse_s,
        "balance_error_kwh": house.balance_error_wh / 1000,
        "trace_gap_steps": house.surroundings.gap_steps,
    }


def _orders(house: House) -> dict[str, float]:
    """What somebody holds the inverter to; empty when it regulates by itself."""
    order = house.battery.order
    held = {
        "setpoint_w": order.setpoint_w,
        "grid_target_w": order.grid_target_w or None,
        "max_charge_w": _below(order.max_charge_w, house.battery.max_charge_w),
        "max_discharge_w": _below(order.max_discharge_w, house.battery.max_discharge_w),
        "sun_w": _below(house.pv_limit_w, house.rated_w),
    }
    return {name: power_w for name, power_w in held.items() if power_w is not None}


def _below(limit_w: float | None, rating_w: float) -> float | None:
    return limit_w if limit_w is not None and limit_w < rating_w else None


def _amps(phases_w: Phases, voltages_v: Phases) -> list[float]:
    """Per phase, + = import."""
    return [watts / volts for watts, volts in zip(phases_w, voltages_v, strict=True)]


def parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(prog="python -m simulators.house", description=__doc__)
    inverters = [name for name in NAMES if name != "eastron_sdm630"]
    parse.add_argument("--inverter", choices=inverters, help="make of the inverter; none if absent")
    parse.add_argument("--inverter-port", type=int, default=0)
    parse.add_argument("--meter-port", type=int, help="an Eastron SDM630 at the grid")
    parse.add_argument("--meter-framer", choices=["rtu", "socket"], default="rtu")
    parse.add_argument("--circuit-meter-port", type=int, help="one more, in the cars' circuit")
    parse.add_argument("--cable-port", type=int, default=0)
    parse.add_argument(
        "--car",
        action="append",
        metavar="NAME,KEY=VALUE...",
        help="a bay and its car, e.g. CP001,capacity_kwh=60,soc=45,max_a=16,phases=3,limit=80",
    )
    parse.add_argument(
        "--guest",
        action="append",
        metavar="BAY,KEY=VALUE...",
        help="somebody else's car in that bay each day, e.g. CP002,from_s=20,for_s=3600,phases=1",
    )
    parse.add_argument("--trips", action="store_true", help="cars drive to work")
    parse.add_argument("--trace", type=Path, help="CSV with start_utc, load_w, pv_w")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--clock", type=SimClock.parse, default=SimClock())
    parse.add_argument("--pv-peak-w", type=float, default=8000.0)
    parse.add_argument("--rated-w", type=float, default=10_000.0)
    parse.add_argument("--battery-kwh", type=float, help="10; 0 for sunspec")
    parse.add_argument("--battery-w", type=float, default=5000.0)
    parse.add_argument("--battery-soc", type=float, default=50.0)
    parse.add_argument("--fuse-a", type=float, default=25.0)
    parse.add_argument("--faults", type=float, default=0.0, help="share of busy answers, 0 to 1")
    parse.add_argument("--connect-delay-s", type=float, help="how long it is deaf, house time")
    return parse


def make_house(args: argparse.Namespace) -> House:
    surroundings: Surroundings = Weather(seed=args.seed, peak_w=args.pv_peak_w)
    if args.trace:
        surroundings = read_trace(args.trace)
    cars = [
        car_from(text, args.seed + number, trips=args.trips)
        for number, text in enumerate(args.car or [])
    ]
    guests = dict(guest_from(text) for text in args.guest or [])
    for car in cars:
        car.guest = guests.pop(car.name, None)
    if guests:
        raise ValueError(f"--guest {next(iter(guests))}: there is no such bay")
    battery_kwh = args.battery_kwh
    if battery_kwh is None:
        battery_kwh = 0.0 if args.inverter in {None, "sunspec"} else 10.0
    return House(
        surroundings=surroundings,
        now_s=args.clock.now_s(),
        cars=cars,
        battery=Battery(
            capacity_wh=battery_kwh * 1000,
            soc_percent=args.battery_soc,
            max_charge_w=args.battery_w,
            max_discharge_w=args.battery_w,
        ),
        seed=args.seed,
        step_s=args.clock.step_s,
        fuse_a=args.fuse_a,
        rated_w=args.rated_w,
    )


def make_devices(args: argparse.Namespace, house: House) -> dict[str, tuple[Device, int]]:
    """Name -> the device and the port that it should listen at."""
    plant, devices = HouseView(house), dict[str, tuple[Device, int]]()
    if args.inverter:
        inverter = build_device(args.inverter, plant)
        inverter.faults = args.faults
        if args.connect_delay_s is not None:
            inverter.connect_delay_s = args.connect_delay_s
        inverter.connect_delay_s /= args.clock.speed
        if inverter.connect_delay_s < _SHORTEST_DEAFNESS_S:
            inverter.connect_delay_s = 0.0
        devices["inverter"] = inverter, args.inverter_port
    if args.meter_port is not None:
        meter = build_device("eastron_sdm630", plant, framer=args.meter_framer)
        devices["meter"] = meter, args.meter_port
    if args.circuit_meter_port is not None:
        inner = build_device("eastron_sdm630", CircuitView(house), framer=args.meter_framer)
        devices["circuit_meter"] = inner, args.circuit_meter_port
    return devices


async def run(args: argparse.Namespace) -> None:
    house, clock = make_house(args), args.clock

    def catch_up() -> None:
        house.advance_to(clock.now_s())

    def tell() -> None:
        catch_up()
        say({"truth": truth(house)})

    ports: dict[str, int] = {}
    servers = []
    for name, (device, port) in make_devices(args, house).items():
        server = ModbusServer(device=device, before=catch_up, seed=args.seed)
        ports[name] = await server.start(port)
        servers.append(server)
    cable = CableServer(house, catch_up, lambda: truth(house))
    ports["cable"] = await cable.start(args.cable_port)
    say({"ready": True, "ports": ports})

    async def live() -> None:
        while True:
            await asyncio.sleep(max(_SHORTEST_TICK_S, house.step_s / clock.speed))
            catch_up()
            cable.push()

    async with asyncio.TaskGroup() as group:
        living = group.create_task(live(), name="physics")
        await until_told(tell)
        living.cancel()
    cable.stop()
    for server in servers:
        await server.stop()
    tell()


def main() -> None:
    parse = parser()
    args = parse.parse_args()
    try:
        asyncio.run(run(args))
    except (OSError, ValueError) as error:
        parse.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
