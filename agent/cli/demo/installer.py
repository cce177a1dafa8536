"""The installer's file of the demo, a good example to read."""

from typing import Final

from agent.cli.demo import weather
from agent.cli.demo.cloud import AGENT_ID
from agent.cli.demo.operator import TOPIC
from agent.cli.demo.scene import CITY_KWH, FUSE_A, HOME, TIMEZONE, Scene

PASSWORDS: Final = {
    "CP001": "demo-garage-key",
    "CP002": "demo-carport-key",
    "CP003": "demo-drive-key",
}
PROTOCOLS: Final = {"CP001": "ocpp1.6", "CP002": "ocpp2.0.1", "CP003": "ocpp1.6"}
GATEWAYS: Final = {"CP001": ("teslamate", "1"), "CP002": ("ovms", "CITY")}
"""Who tells of the car in each bay, and what it calls it."""

CAPACITIES_KWH: Final = {"CP001": 58, "CP002": CITY_KWH}


def _sun(scene: Scene) -> str:
    """A forecast, where days are invented; of recorded ones nobody has foretold anything."""
    if scene.trace is not None:
        return ""
    return f"solar: {{service: mqtt, topics: [{weather.TOPIC}], max_power_w: {weather.MOST_W}}}\n"


def config_text(
    scene: Scene, ports: dict[str, int], ocpp_port: int, broker_port: int, cloud_port: int
) -> str:
    """The installer's file of the demo, a good example to read."""
    # At high speed a second of ours is minutes of the house's: devices cannot be asked more
    # often than the machine manages, and a meter is not stale for that.
    stale_s = min(300.0, max(15.0, scene.speed * 0.5))
    meter_poll_s = max(min(1.0, scene.speed * 0.5), scene.speed * 0.02)
    roof_poll_s = max(5.0, scene.speed * 0.04)
    return f"""\
# The demo's house: a meter, an inverter with a battery, three chargers, two cars and a cloud.
# Now and then a guest's car hangs on the charger at the drive; nothing here tells of it.
house:
  name: Demo house
  id: demo
  timezone: {TIMEZONE.key}
  fuse_a: {FUSE_A}
  grid_meter: grid
  meter_stale_s: {stale_s:g}
  latitude_deg: {HOME[0]}
  longitude_deg: {HOME[1]}
store:
  path: {scene.folder / "hearth.db"}
api:
  socket: {scene.folder / "hearth.sock"}
mqtt:
  host: 127.0.0.1
  port: {broker_port}
cloud:
  host: 127.0.0.1
  port: {cloud_port}
  tls: false
  agent_id: {AGENT_ID}
ocpp:
  listen: 127.0.0.1
  port: {ocpp_port}
{_sun(scene)}grid_operator:
  inputs:
    box:
      source: mqtt
      topic: {TOPIC}
      value: power_w
chargers:
  garage:
    name: Garage
    identity: CP001
    password: {PASSWORDS["CP001"]}
    mode: min_solar
  carport:
    name: Carport
    identity: CP002
    password: {PASSWORDS["CP002"]}
    mode: solar
    phases: 1
  drive:
    name: Drive
    identity: CP003
    password: {PASSWORDS["CP003"]}
    mode: solar
    phases: 1
vehicles:
  family_car:
    name: Family car
    source: teslamate
    id: {GATEWAYS["CP001"][1]}
    capacity_kwh: {CAPACITIES_KWH["CP001"]}
  city_car:
    name: City car
    source: ovms
    topic: ovms/demo/{GATEWAYS["CP002"][1]}
    capacity_kwh: {CAPACITIES_KWH["CP002"]}
    smart:
      ready_by: 07:00 on weekdays, 09:00 on Saturday, 09:00 on Sunday
      minimum_percent: 20
tariff:
  currency: EUR
  prices:
    night: {{per_kwh: 0.21, from: 00:00, to: 06:00}}
    morning: {{per_kwh: 0.34, from: 06:00, to: 11:00}}
    noon: {{per_kwh: 0.19, from: 11:00, to: 15:00}}
    evening: {{per_kwh: 0.38, from: 15:00, to: 22:00}}
    late: {{per_kwh: 0.27, from: 22:00, to: 24:00}}
  export: {{per_kwh: 0.08}}
schedules:
  dinner:
    name: Not while we cook
    charger: carport
    enabled: false
    charge_otherwise: true
    rules:
      evening:
        charge: false
        from: 18:00
        to: 20:00
devices:
  grid:
    name: Grid meter
    driver: eastron_sdm630
    host: 127.0.0.1
    port: {ports["meter"]}
    framer: rtu
    poll_s: {meter_poll_s:g}
  roof:
    name: Roof
    driver: huawei_sun2000
    host: 127.0.0.1
    port: {ports["inverter"]}
    parts: [inverter, battery]
    poll_s: {roof_poll_s:g}
"""
