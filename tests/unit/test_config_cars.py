"""Cars and the cloud in the installer's file: what cannot be true together."""

from pathlib import Path

import pytest

from tests.unit.config_files import HOUSE, faults_of, settings_of

CARS = HOUSE + "mqtt: {host: a}\nvehicles:\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            CARS + "  a: {source: teslamate}\n  b: {source: teslamate, id: 1, topic: teslamate}\n",
            (
                "5: vehicles.b: it is the same car as a: same source, topic and id; delete one of "
                "the two, or give each its own id or topic"
            ),
        ),
        (
            CARS + "  a: {source: teslamate, id_tokens: [04a1]}\n"
            "  b: {source: teslamate, id: 2, id_tokens: ['04:A1']}\n",
            (
                "5: vehicles.b.id_tokens: 04:A1 is bound to a already; delete it at one of the two "
                "cars"
            ),
        ),
        (
            CARS + "  a: {source: mqtt, fields: {power_w: {topic: a, unit: kWh}}}\n",
            (
                "4: vehicles.a.fields.power_w.unit is kWh: not a unit of power_w; write a unit "
                "like W, or delete the line"
            ),
        ),
        (
            CARS + "  a: {source: mqtt, fields: {plugged_in: {topic: a, unit: '%'}}}\n",
            "4: vehicles.a.fields.plugged_in.unit is %: it has no unit; delete the line",
        ),
        (
            CARS + "  a: {source: mqtt, fields: {latitude_deg: {topic: a}}}\n",
            (
                "4: vehicles.a.fields.latitude_deg: latitude_deg and longitude_deg belong "
                "together; give both or neither"
            ),
        ),
        (
            HOUSE + "cloud: {host: a, agent_id: b, username: c, tls_ca: lost.pem}\n",
            (
                "2: cloud.tls_ca is lost.pem: there is no such file; put the file there, or "
                "correct the path"
            ),
        ),
    ],
)
def test_a_contradiction_of_cars_or_cloud_is_named_with_its_line(
    tmp_path: Path, text: str, fault: str
) -> None:
    (found,) = faults_of(tmp_path, text)
    assert found.replace(f"{tmp_path}/", "") == fault


def test_files_of_the_cloud_are_seen_from_the_folder_of_the_config_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    text = HOUSE + "cloud: {host: a, agent_id: b, username: c, tls_ca: ca.pem}\n"
    cloud = settings_of(tmp_path, text).cloud
    assert cloud is not None
    assert cloud.tls_ca == tmp_path / "ca.pem"
