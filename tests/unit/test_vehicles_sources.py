"""What each source's messages mean."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.readings import PowerDelivery as P
from drivers.vehicles.words import meaning, plug_word
from tests.unit.vehicle_cars import CONFIGS, Drive, a_car

NOTHING = ("", "unknown", "unavailable", "nil", "null", "None", "NaN", '"unavailable"')


@pytest.mark.parametrize(
    ("source", "topic", "payload", "field", "value"),
    [
        ("teslamate", "usable_battery_level", "61", "soc_percent", 61.0),
        ("teslamate", "battery_level", "62", "soc_percent", 62.0),
        ("teslamate", "charge_limit_soc", "80", "charge_limit_percent", 80.0),
        ("teslamate", "charger_power", "11", "power_w", 11_000.0),
        ("teslamate", "time_to_full_charge", "1.5", "charge_remaining_s", 5400.0),
        ("teslamate", "est_battery_range_km", "312.4", "range_km", 312.4),
        ("teslamate", "charge_current_request", "16", "max_current_a", 16.0),
        ("teslamate", "charging_state", "Disconnected", "power_delivery", P.UNPLUGGED),
        ("teslamate", "charging_state", "Starting", "power_delivery", P.INITIALIZING),
        ("teslamate", "charging_state", "Charging", "power_delivery", P.CHARGING),
        ("teslamate", "charging_state", "Stopped", "power_delivery", P.STOPPED),
        ("teslamate", "charging_state", "Complete", "power_delivery", P.COMPLETE),
        ("teslamate", "charging_state", "NoPower", "power_delivery", P.NO_POWER),
        ("teslamate", "plugged_in", "true", "plugged_in", True),
        ("teslamate", "model", "3", "model", "Model 3"),
        ("ovms", "v/b/soc", "63.5", "soc_percent", 63.5),
        ("ovms", "v/b/capacity", "41", "capacity_wh", 41_000.0),
        ("ovms", "v/c/pilot", "no", "power_delivery", P.UNPLUGGED),
        ("ovms", "v/c/charging", "yes", "power_delivery", P.CHARGING),
        ("ovms", "v/c/power", "6.9", "power_w", 6900.0),
        ("ovms", "v/c/duration/full", "90", "charge_remaining_s", 5400.0),
        ("ovms", "v/c/duration/full", "-1", "charge_remaining_s", None),
        ("carconnectivity", "drives/primary/level", "55", "soc_percent", 55.0),
        ("carconnectivity", "charging/state", "charging", "power_delivery", P.CHARGING),
        ("carconnectivity", "charging/connector/connection_state", "connected", "plugged_in", True),
        ("carconnectivity", "charging/connector/connection_state", "invalid", "plugged_in", None),
        ("carconnectivity", "charging/settings/target_level", "80", "charge_limit_percent", 80.0),
        ("carconnectivity", "charging/power", "7.2", "power_w", 7200.0),
        ("statestream", "sensor/level/state", "71", "soc_percent", 71.0),
        ("statestream", "sensor/level/state", '"71"', "soc_percent", 71.0),
        ("statestream", "binary_sensor/plug/state", "on", "plugged_in", True),
        ("mqtt", "power", "72", "power_w", 7200.0),
        ("mqtt", "odo", "1000", "odometer_km", pytest.approx(1609.344)),
        ("mqtt", "plug", "on", "power_delivery", P.CHARGING),
        ("mqtt", "plug", "idle", "power_delivery", P.UNPLUGGED),
        ("mqtt", "plugged", "3", "plugged_in", True),
        ("mqtt", "plugged", "0", "plugged_in", False),
        ("mqtt", "left", "90", "charge_remaining_s", 5400.0),
    ],
)
def test_a_message_means(source: str, topic: str, payload: str, field: str, value: object) -> None:
    assert getattr(Drive(source).hear(topic, payload).tell(), field) == value


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(
    ("source", "topic", "field"),
    [
        ("teslamate", "usable_battery_level", "soc_percent"),
        ("teslamate", "charger_power", "power_w"),
        ("teslamate", "plugged_in", "plugged_in"),
        ("teslamate", "charging_state", "power_delivery"),
        ("ovms", "v/b/soc", "soc_percent"),
        ("ovms", "v/c/charging", "charging"),
        ("statestream", "sensor/level/state", "soc_percent"),
        ("statestream", "binary_sensor/plug/state", "plugged_in"),
        ("mqtt", "power", "power_w"),
    ],
)
def test_what_a_source_does_not_know_is_neither_zero_nor_no(
    source: str, topic: str, field: str, nothing: str
) -> None:
    assert getattr(Drive(source).hear(topic, nothing).tell(), field) is None


@pytest.mark.parametrize("source", ["teslamate", "ovms"])
def test_a_state_of_charge_of_zero_is_taken_for_unknown(source: str) -> None:
    topic = {"teslamate": "usable_battery_level", "ovms": "v/b/soc"}[source]
    assert Drive(source).hear(topic, "55").hear(topic, "0").tell().soc_percent == 55.0


@pytest.mark.parametrize("impossible", ["101", "-1", "1e999", "nan", "inf", "5_0x", "{}"])
def test_what_no_car_can_have_is_unknown(impossible: str) -> None:
    assert Drive("teslamate").hear("usable_battery_level", impossible).tell().soc_percent is None


def test_a_position_has_both_numbers_or_none() -> None:
    car = Drive("teslamate").hear("location", '{"latitude":52.5,"longitude":13.4}').tell()
    assert (car.latitude_deg, car.longitude_deg) == (52.5, 13.4)
    for half in ('{"latitude":52.5}', '{"latitude":52.5,"longitude":null}', "[1,2]", "null"):
        assert Drive("teslamate").hear("location", half).tell().latitude_deg is None


def test_a_receiver_without_a_fix_has_no_position() -> None:
    car = Drive("ovms").told(v__p__latitude="52.5", v__p__longitude="13.4", v__p__gpslock="no")
    assert car.latitude_deg is None
    assert car.told(v__p__gpslock="yes").latitude_deg == 52.5
    assert Drive("ovms").told(v__p__latitude="0", v__p__longitude="0").latitude_deg is None


def test_ovms_says_done_long_after_the_plug_was_pulled() -> None:
    car = Drive("ovms").told(v__c__pilot="yes", v__c__charging="no", v__c__state="done")
    assert car.power_delivery is P.COMPLETE
    assert car.told(v__c__pilot="no").later(80).power_delivery is P.UNPLUGGED


def test_ovms_tells_a_car_that_waits_for_power() -> None:
    car = Drive("ovms").told(v__c__pilot="yes", v__c__charging="no", v__c__state="stopped")
    assert car.power_delivery is P.STOPPED
    assert car.told(v__c__substate="powerwait").power_delivery is P.NO_POWER


def test_a_hybrid_has_the_charge_of_its_electric_drive() -> None:
    car = Drive("carconnectivity")
    car.told(drives__primary__type="gasoline", drives__secondary__type="electric")
    car.told(drives__primary__level="80", drives__primary__range="700")
    assert not says(car, "soc_percent")
    car.told(drives__secondary__level="35", drives__secondary__range="20")
    assert (car.soc_percent, car.range_km) == (35.0, 20.0)


def test_carconnectivity_in_json_brings_units_and_times() -> None:
    car = Drive("carconnectivity")
    said = {"val": 100, "upd": "2026-11-22T11:00:00+00:00", "uni": "mi"}
    car.hear("drives/primary/range_json", json.dumps(said)).tell()
    assert car.range_km == pytest.approx(160.9344)
    assert car.old_s("range_km") == 3600.0


def test_carconnectivity_on_an_english_host_writes_miles() -> None:
    car = Drive("carconnectivity", more={"distance_unit": "mi"})
    assert car.told(odometer="1000").odometer_km == pytest.approx(1609.344)
    assert Drive("carconnectivity").told(odometer="1000").odometer_km == 1000.0


def test_statestream_takes_the_unit_that_home_assistant_names_before_or_after() -> None:
    after = Drive("statestream").hear("sensor/range/state", "100")
    after.hear("sensor/range/last_updated", '"2026-11-22T11:59:59+00:00"')
    after.hear("sensor/range/unit_of_measurement", '"mi"')
    assert after.tell().range_km == pytest.approx(160.9344)
    before = Drive("statestream").hear("sensor/range/unit_of_measurement", '"mi"')
    assert before.hear("sensor/range/state", "100").tell().range_km == pytest.approx(160.9344)


def says(car: Drive, field: str) -> bool:
    return car.seen is not None and field in car.seen.said_mono_s


def test_evcc_tells_of_the_car_that_it_has_at_a_loadpoint() -> None:
    car = Drive("evcc").told(True, connected="true", charging="true", vehicleSoc="48")
    assert not says(car, "soc_percent"), "nobody knows which car that is"
    assert not says(car.told(vehicleName="other"), "soc_percent")
    car.told(vehicleName="ioniq", chargeRemainingDuration="3600000000000")
    assert car.charge_remaining_s == pytest.approx(3600)
    assert (car.soc_percent, car.power_delivery) == (48.0, P.CHARGING)
    car.told(vehicleName="other", vehicleSoc="90", connected="false").later(700)
    assert (car.soc_percent, car.power_delivery) == (48.0, P.UNKNOWN)


def test_a_json_message_without_the_value_does_not_say_it() -> None:
    car = Drive("mqtt")
    car.hear("bmw", '{"data":{"b.header":{"value":63},"at":1795000000}}').tell()
    assert car.soc_percent == 63.0
    car.hear("bmw", '{"data":{"other":1}}').hear("bmw", "no json").tell()
    assert car.soc_percent == 63.0


def test_one_topic_may_carry_several_kinds_of_message() -> None:
    fields = {
        "plugged_in": {"topic": "car", "path": "/plug"},
        "charging": {"topic": "car", "path": "/charging"},
    }
    car = Drive("mqtt", more={"fields": fields}).told(car='{"plug":true,"charging":false}')
    assert car.told(car='{"soc":61}').later(1000).power_delivery is P.STOPPED
    assert car.told(car='{"plug":null}').later(1000).power_delivery is P.UNKNOWN


def test_a_table_is_final() -> None:
    assert Drive("mqtt").hear("plug", "charging").tell().power_delivery is None


def test_a_plug_state_may_be_named_in_many_ways() -> None:
    assert plug_word("PLUGGED_IN:COMPLETE") is plug_word("complete") is plug_word("done")
    assert plug_word("UNKNOWN") is None
    assert plug_word("no such thing") is None


TOPICS = [
    (source, topic.replace("+", "1")) for source in CONFIGS for topic in a_car(source).layout.topics
]
PAYLOADS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"true", b"61", b"Charging", b"yes", b"unavailable", b"electric", b"1e400"]),
    st.floats().map(lambda x: str(x).encode()),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["data", "val", "upd", "at", "latitude"]), inner)
        ),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(TOPICS), PAYLOADS, st.booleans(), st.floats(0, 10_000, width=16)),
        max_size=30,
    )
)
def test_whatever_arrives_on_whatever_topic_nothing_is_raised(
    messages: list[tuple[tuple[str, str], bytes, bool, float]],
) -> None:
    drives = {source: Drive(source) for source in CONFIGS}
    for (source, topic), payload, retained, pause_s in messages:
        drive = drives[source]
        drive.now = drive.now.later(pause_s)
        drive.hear(f"/{topic}", payload, retained=retained).tell()
        drive.car.look(drive.now)
        drive.tell()
        soc_percent = drive.soc_percent
        assert soc_percent is None or 0 < soc_percent <= 100
        assert drive.seen is None or all(
            said <= drive.now.mono_s for said in drive.seen.said_mono_s.values()
        ), "nothing was true later than now"
    for drive in drives.values():
        drive.restart(60)


@given(st.sampled_from(["soc_percent", "power_w", "plugged_in", "state", "model"]), st.text())
def test_no_text_is_too_strange(word: str, text: str) -> None:
    meaning(word, text, "kW")
