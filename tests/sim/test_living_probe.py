"""Two like cars are plugged in at once at a house with a real daemon: it asks the hardware."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.sim.living_house import HOME, KEY, Json, Living, living, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

MORNING = datetime(2026, 6, 15, 8, tzinfo=UTC)
SPEED = 300.0
BAYS = {"CP001": "1", "CP002": "2"}
CONFIG = """\
house:
  id: living
  timezone: Europe/Brussels
  fuse_a: 63
  latitude_deg: {north}
  longitude_deg: {east}
store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
mqtt: {{host: 127.0.0.1, port: {broker}}}
ocpp: {{listen: 127.0.0.1, port: {ocpp}}}
chargers:
  garage: {{identity: CP001, password: {key}}}
  carport: {{identity: CP002, password: {key}}}
vehicles:
  zoe: {{source: teslamate, id: 1, capacity_kwh: 60}}
  kona: {{source: teslamate, id: 2, capacity_kwh: 60}}
schedules:
  evening:
    vehicle: zoe
    charge_otherwise: true
    rules: {{peak: {{charge: false, from: "18:00", to: "20:00"}}}}
"""


def build(house: Living) -> None:
    """Two bays with a charge point and a car each, and Hearth."""
    cars = [part for bay in BAYS for part in ("--car", f"{bay},soc=30,limit=90")]
    physics = house.run("house", "simulators.house", *cars, "--clock", house.clock)
    house.cable = physics.wait_for("ports")["ports"]["cable"]
    for bay in BAYS:
        house.plug(bay=bay, plugged=False)
        house.run(
            f"box {bay}", "simulators.charge_point", "--csms", f"ws://127.0.0.1:{house.ocpp}/ocpp",
            "--identity", bay, "--password", KEY,
            "--house", f"127.0.0.1:{house.cable}", "--clock", house.clock,
        )  # fmt: skip
    path = house.folder / "hearth.yaml"
    places = {"north": HOME[0], "east": HOME[1], "folder": house.folder, "key": KEY}
    path.write_text(CONFIG.format(broker=house.broker.port, ocpp=house.ocpp, **places))
    path.chmod(0o600)
    house.daemon = house.run(
        "hearth", "agent", "run", "-c", str(path), "--simulated-time", house.clock
    )
    until("Hearth is up", lambda: (house.folder / "hearth.sock").exists() and house.status())
    for bay, number in BAYS.items():
        gateway = house.run(
            f"gateway {bay}", "simulators.vehicles", "--gateway", "teslamate", "--bay", bay,
            "--car", number, "--broker", f"127.0.0.1:{house.broker.port}",
            "--house", f"127.0.0.1:{house.cable}", "--home", f"{HOME[0]},{HOME[1]}",
            "--limit", "90", "--clock", house.clock,
        )  # fmt: skip
        gateway.wait_for("ready")


def free(house: Living, name: str) -> bool:
    return house.device(name).get("isPluggedIn") is False


def probes(house: Living) -> list[Json]:
    return [a for a in house.status()["actions"] if a["kind"] == "PROBE"]


def journal(house: Living) -> list[str]:
    return [entry["code"] for entry in house.status()["journal"]]


def test_a_charger_charges_slower_until_it_is_seen_who_hangs_there(tmp_path: Path) -> None:
    with living(tmp_path, MORNING, SPEED) as house:
        build(house)
        for name in ("zoe", "kona", "garage", "carport"):
            until(f"{name} is free", partial(free, house, name))
        for bay in BAYS:
            house.plug(bay=bay, plugged=True)
        until("it asks", lambda: probes(house))
        until("the answer", lambda: house.device("zoe").get("pluggedInChargerId") == "garage")
        until("the other", lambda: house.device("kona").get("pluggedInChargerId") == "carport")
        until("it is over", lambda: probes(house)[0]["state"] != "PENDING")
        (probe,) = probes(house)
        assert (probe["state"], probe["requestedBy"]) == ("CONFIRMED", "pairing")
        until("it is steered", lambda: "schedule-charge" in journal(house))
        assert journal(house).count("pair-probe") == 1
        told = {pair["chargerId"]: pair["evidence"] for pair in house.status()["pairs"]}
        asked = probe["targetId"]
        assert any("was given another current" in sentence for sentence in told[asked])
