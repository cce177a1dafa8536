"""A house with a hybrid inverter and its battery, a car and a tariff, around a real daemon."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.sim.living_house import HOME, Living
from tests.sim.mosquitto import mosquitto

CONFIG = """\
house:
  timezone: Europe/Brussels
  fuse_a: 25
  grid_meter: grid
  meter_stale_s: 120
  latitude_deg: {north}
  longitude_deg: {east}
{house}store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
mqtt: {{host: 127.0.0.1, port: {broker}}}
ocpp: {{listen: 127.0.0.1, port: {ocpp}}}
chargers:
  garage: {{identity: CP001, password: a-long-enough-key, mode: "{mode}"}}
vehicles:
  zoe:
    source: teslamate
    id: 1
    capacity_kwh: 58
    smart: {{enabled: {smart}, ready_by: "07:00"}}
devices:
  grid: {{driver: eastron_sdm630, host: 127.0.0.1, port: {meter}, framer: rtu, poll_s: {poll_s:g}}}
  roof:
    driver: {make}
    host: 127.0.0.1
    port: {inverter}
    parts: [{parts}]
    poll_s: {poll_s:g}
    max_power_w: {rated_w:g}
{device}"""

CHEAP_NIGHT = """\
tariff:
  currency: EUR
  prices:
    night: {per_kwh: 0.10, from: 00:00, to: 06:00}
    day: {per_kwh: 0.45, from: 06:00, to: 24:00}
  export: {per_kwh: 0.05}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What stands on the ground.

    Args:
        make: of the inverter. load_w, sun_w: of the house, all day.
        battery_soc, car_soc: in percent.
        mode: of the charger; smart: whether the car has a plan.
        parts: of the inverter that are used; rated_w: what it is rated.
        house, device: more lines of those sections; more: more sections.
    """

    make: str = "sungrow_sh"
    load_w: float = 800.0
    sun_w: float = 0.0
    battery_soc: float = 40.0
    car_soc: float = 30.0
    mode: str = "off"
    smart: bool = False
    poll_s: float = 1.0
    parts: str = "inverter, battery"
    rated_w: float = 5000.0
    house: str = ""
    device: str = ""
    more: str = ""
    battery_kwh: float = 10.0


@dataclass
class Stored(Living):
    plot: Plot = field(default_factory=Plot)
    ports: dict[str, int] = field(default_factory=dict)

    def build(self, *box: str) -> None:
        plot, trace = self.plot, self.folder / "trace.csv"
        trace.write_text(
            "start_utc,load_w,pv_w\n"
            f"2026-01-01T00:00:00Z,{plot.load_w:g},{plot.sun_w:g}\n"
            f"2026-01-02T00:00:00Z,{plot.load_w:g},{plot.sun_w:g}\n"
        )
        house = self.run(
            "house", "simulators.house", "--inverter", plot.make,
            "--car", f"CP001,capacity_kwh=58,soc={plot.car_soc:g},limit=80,max_a=16,phases=3",
            "--meter-port", "0", "--trace", str(trace), "--battery-kwh", f"{plot.battery_kwh:g}",
            "--battery-w", "5000", "--battery-soc", f"{plot.battery_soc:g}",
            "--connect-delay-s", "0", "--clock", self.clock,
        )  # fmt: skip
        self.ports = house.wait_for("ports")["ports"]
        self.cable = self.ports["cable"]
        self.hang(*box)

    def start(self, *, share_location: bool = False) -> None:
        del share_location  # there is no cloud to share it with
        plot = self.plot
        text = CONFIG.format(
            folder=self.folder, broker=self.broker.port, ocpp=self.ocpp, north=HOME[0],
            east=HOME[1], meter=self.ports["meter"], inverter=self.ports["inverter"],
            make=plot.make, mode=plot.mode, smart=str(plot.smart).lower(), house=plot.house,
            device=plot.device, poll_s=plot.poll_s, parts=plot.parts, rated_w=plot.rated_w,
        )  # fmt: skip
        self.begin(text + plot.more)

    def why(self, device: str) -> Mapping[str, Any]:
        """What Hearth says of a device: does, code, sentence; empty while it says nothing."""
        found = next(d for d in self.status()["devices"] if d["id"] == device)
        return found["target"] or {}


@contextmanager
def stored(folder: Path, start: datetime, speed: float, plot: Plot) -> Iterator[Stored]:
    """A house in which nobody is there yet."""
    clock = f"{start:%Y-%m-%dT%H:%M:%SZ}/{time.time():.3f}/{speed:g}"
    with mosquitto(folder) as broker:
        house = Stored(folder, broker, clock, plot=plot)
        try:
            yield house
        finally:
            house.stop()
