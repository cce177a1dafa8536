"""What the installer may write about cars."""

from pathlib import Path
from typing import get_args

import pytest

from drivers.mqtt_link import Server
from drivers.vehicles.building import build
from drivers.vehicles.cloud import CloudCars
from drivers.vehicles.config import FIELDS, Source
from drivers.vehicles.link import CarLink
from tests.notebook import Notebook
from tests.unit.config_files import HOUSE, faults_of, settings_of
from tests.unit.vehicle_cars import START

MQTT = HOUSE + "mqtt: {host: broker}\n"


class Still:
    def now(self) -> object:
        return START

    async def sleep(self, seconds: float) -> None:
        """Nobody waits here."""


def car(text: str, start: str = MQTT) -> str:
    return f"{start}vehicles: {{zoe: {{{text}}}}}\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            car("source: teslamate", HOUSE),
            (
                "vehicles.zoe: it has no MQTT broker; add an mqtt section, or vehicles.zoe.broker "
                "for this car alone"
            ),
        ),
        (
            car("source: telsamate"),
            (
                "vehicles.zoe.source is telsamate: no such choice; write one of teslamate, ovms, "
                "statestream, carconnectivity, evcc, mqtt, cloud; did you mean teslamate?"
            ),
        ),
        (
            car("source: ovms"),
            (
                "vehicles.zoe: topic is missing; add topic: with OVMS's topic prefix, e.g. "
                "ovms/USER/VEHICLE"
            ),
        ),
        (
            car("source: cloud"),
            "vehicles.zoe: id is missing; add id: with the cloud's id of the car",
        ),
        (
            car("source: teslamate, capacity_kwh: 0"),
            (
                "vehicles.zoe.capacity_kwh is 0: too small; write 1 to 500 (usable capacity of "
                "the battery in kWh)"
            ),
        ),
        (
            car("source: teslamate, control: true"),
            "vehicles.zoe.control is true: does nothing with source teslamate; delete it",
        ),
        (
            car("source: mqtt, fields: {soc: {topic: a}}"),
            "vehicles.zoe.fields.soc: no such value of a car; did you mean soc_percent?",
        ),
        (
            car("source: mqtt, fields: {soc_percent: {path: /a}}"),
            "vehicles.zoe: fields: soc_percent has no topic; add topic: below soc_percent",
        ),
        (
            car("source: mqtt, fields: {soc_percent: {topic: a, unit: kv}}"),
            (
                "vehicles.zoe.fields.soc_percent.unit is kv: no such choice; write one of %, "
                "fraction, km, mi, m, kW, W, kWh, Wh, A, s, min, h"
            ),
        ),
        (
            f"{MQTT}chargers: {{zoe: {{identity: A}}}}\nvehicles: {{zoe: {{source: teslamate}}}}\n",
            "vehicles.zoe: a charger has this name too; rename one of the two",
        ),
        (
            f"{MQTT}vehicles: {{a: {{source: teslamate}}, b: {{source: teslamate}}}}\n",
            (
                "vehicles.b: it is the same car as a: same source, topic and id; delete one of the "
                "two, or give each its own id or topic"
            ),
        ),
    ],
)
def test_a_fault_names_the_setting_and_the_remedy(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = faults_of(tmp_path, text)
    assert found.partition(": ")[2] == fault


def test_two_lines_are_enough_for_a_tesla(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, car("source: teslamate"))
    house = Server(host="broker")
    (link,) = build(settings.vehicles, house, "hearth-cars", Still(), Notebook())  # type: ignore[arg-type]
    (info,) = link.devices
    assert (info.id, info.name, info.startable, info.capacity_wh) == ("zoe", "zoe", False, None)


def test_cars_on_one_broker_share_one_connection(tmp_path: Path) -> None:
    text = (
        f"{MQTT}vehicles:\n"
        "  a: {source: teslamate}\n"
        "  b: {source: ovms, topic: ovms/me/b, capacity_kwh: 41, control: true}\n"
        "  c: {source: teslamate, broker: {host: elsewhere}}\n"
        "  d: {source: cloud, id: '17'}\n"
    )
    settings = settings_of(tmp_path, text)
    links = build(settings.vehicles, Server(host="broker"), "hearth-cars", Still(), Notebook())  # type: ignore[arg-type]
    assert [[info.id for info in link.devices] for link in links] == [["a", "b"], ["c"], ["d"]]
    assert [type(link) for link in links] == [CarLink, CarLink, CloudCars]
    assert [link.name for link in links[:2]] == ["cars at broker:1883", "cars at elsewhere:1883"]
    b = links[0].devices[1]
    assert (b.capacity_wh, b.startable) == (41_000, True)


def test_the_example_of_the_documentation_has_no_fault(tmp_path: Path) -> None:
    document = Path("docs/vehicles.md").read_text(encoding="utf-8")
    example = document.partition("```yaml\n")[2].partition("```")[0]
    settings = settings_of(tmp_path, MQTT + example)
    assert {car.source for car in settings.vehicles.values()} == set(get_args(Source))
    links = build(settings.vehicles, Server(host="broker"), "hearth-cars", Still(), Notebook())  # type: ignore[arg-type]
    assert len(links) == 2


def test_every_value_that_can_be_mapped_is_documented() -> None:
    document = Path("docs/vehicles.md").read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"`{name}`" not in document] == []


def test_a_password_of_a_cars_broker_may_come_from_the_environment(tmp_path: Path) -> None:
    text = car("source: teslamate, broker: {host: elsewhere, username: me}")
    settings = settings_of(tmp_path, text, {"HEARTH_VEHICLES__ZOE__BROKER__PASSWORD": "hunter2"})
    broker = settings.vehicles["zoe"].broker
    assert broker is not None
    assert broker.password is not None
    assert broker.password.get_secret_value() == "hunter2"
    assert "hunter2" not in str(settings)
