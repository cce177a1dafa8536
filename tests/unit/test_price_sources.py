"""Answers of services, as they are documented to come: days of odd length, gaps, doubled hours."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from agent.model.tariffs import PricePoint
from agent.services.fetching import Declined, Down
from agent.services.prices import (
    awattar,
    day_files,
    energinet,
    energy_charts,
    entsoe,
    home_assistant,
    mapped,
    mqtt,
    octopus,
    tibber,
)
from agent.services.prices.source import BadAnswer, Quote, Span
from agent.tariffs import price_at, tidy

DATA = Path(__file__).parent / "data" / "prices"
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


def body(name: str) -> bytes:
    return (DATA / name).read_bytes()


def local(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def at(
    points: Sequence[PricePoint], text: str, zone: str = "Europe/Berlin", fold: int = 0
) -> float:
    found = price_at(tidy(points), local(text, zone, fold))
    assert found is not None, text
    return round(found, 6)


def whole(points: Sequence[PricePoint]) -> timedelta:
    return sum((each.end - each.start for each in tidy(points)), timedelta())


def test_entsoe_fills_what_repeats_up_to_the_end_of_a_day_of_92_quarters() -> None:
    quote = entsoe.read(body("entsoe_spring.xml"))
    assert quote.currency == "EUR"
    assert whole(quote.points) == 23 * HOUR
    assert all(each.end - each.start == QUARTER for each in quote.points)
    assert at(quote.points, "2026-03-29T00:30") == 0.0612
    assert at(quote.points, "2026-03-29T00:45") == 0.0589
    assert at(quote.points, "2026-03-29T11:00") == -0.0125
    assert at(quote.points, "2026-03-29T12:45") == 0.0
    assert at(quote.points, "2026-03-29T23:45") == 0.0644


def test_entsoe_takes_the_lowest_sequence_and_quarters_over_hours() -> None:
    spring = entsoe.read(body("entsoe_spring.xml"))
    assert max(each.per_kwh for each in spring.points) < 0.1
    autumn = entsoe.read(body("entsoe_autumn.xml"))
    assert len(autumn.points) == 100
    assert max(each.per_kwh for each in autumn.points) < 0.1
    assert at(autumn.points, "2026-10-25T02:30") != at(autumn.points, "2026-10-25T02:30", fold=1)


def test_entsoe_says_nothing_before_publication_and_more_when_asked_wrongly() -> None:
    assert entsoe.read(body("entsoe_none.xml")).points == ()
    with pytest.raises(BadAnswer, match="time interval is not valid"):
        entsoe.read(body("entsoe_bad_dates.xml"))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"<html>Service unavailable", "no XML"),
        (b"", "no XML"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "entities"),
        (body("entsoe_spring.xml").replace(b">MWH<", b">KWH<"), "per KWH, not per MWH"),
        (body("entsoe_spring.xml").replace(b"PT15M", b"PT0M"), "resolution is PT0M"),
        (body("entsoe_spring.xml").replace(b"61.2", b"sixty"), "'sixty' is no price"),
        (body("entsoe_spring.xml").replace(b"2026-03-29T22:00Z", b"2027-03-29T22:00Z"), "posit"),
        (body("entsoe_spring.xml").replace(b"EUR", b"PLN", 1), "EUR and PLN"),
    ],
)
def test_entsoe_garbage_is_told_as_such(answer: bytes, says: str) -> None:
    with pytest.raises(BadAnswer, match=says):
        entsoe.read(answer)


def test_energy_charts_keeps_gaps_and_nulls_unknown_and_the_first_of_doubled_stamps() -> None:
    points = energy_charts.read(body("energy_charts.json")).points
    assert whole(points) == 95 * QUARTER
    assert price_at(points, local("2026-10-25T02:30", fold=0)) is None
    assert at(points, "2026-10-25T00:30") == 0.0806
    assert at(points, "2026-10-25T23:45") == 0.1097


def test_awattar_has_hours_in_milliseconds() -> None:
    points = awattar.read(body("awattar.json")).points
    assert whole(points) == 24 * HOUR
    assert [at(points, f"2026-11-21T0{hour}:59") for hour in range(3)] == [0.0924, -0.0031, 0.0]


def test_tibber_tells_quarters_of_the_home_with_a_contract() -> None:
    quote = tibber.read(body("tibber.json"))
    assert quote.currency == "EUR"
    assert whole(quote.points) == (96 + 92) * QUARTER
    assert at(quote.points, "2026-03-29T00:00") == 0.3
    assert at(quote.points, "2026-03-29T03:00") == 0.308
    with pytest.raises(Declined, match="no such home with a contract; homes: cottage, home"):
        tibber.read(body("tibber.json"), "cottage")


def test_tibber_hides_its_failures_in_good_answers() -> None:
    with pytest.raises(Declined, match="UNAUTHENTICATED; give a valid token"):
        tibber.read(body("tibber_error.json"))
    with pytest.raises(Down):
        tibber.read(b'{"errors":[{"message":"upstream"}]}')
    with pytest.raises(BadAnswer):
        tibber.read(b'{"data":{"viewer":{}}}')


LONDON = Span(
    first=date(2026, 11, 21), last=date(2026, 11, 21), publication=octopus.Octopus.publication
)


def test_octopus_comes_newest_first_in_pages_and_pence() -> None:
    first, following = octopus.read(body("octopus_page1.json"), LONDON)
    second, none = octopus.read(body("octopus_page2.json"), LONDON)
    assert following is not None
    assert none is None
    assert whole([*first, *second]) == 23 * HOUR
    assert at([*first, *second], "2026-11-21T00:00", "Europe/London") == 0.17199
    assert min(each.per_kwh for each in first) == -0.021


def test_an_octopus_rate_without_end_holds_and_direct_debit_counts() -> None:
    points, _ = octopus.read(body("octopus_fixed.json"), LONDON)
    assert whole(points) == 24 * HOUR
    assert {each.per_kwh for each in points} == {0.255}


def test_energinet_has_utc_without_saying_so_and_other_areas() -> None:
    crowns = energinet.read(body("energinet.json"), "DK1", "DKK")
    assert whole(crowns.points) == 100 * QUARTER
    assert at(crowns.points, "2026-10-25T00:00", "Europe/Copenhagen") == 0.5222
    euros = energinet.read(body("energinet.json"), "DK2", "EUR")
    assert at(euros.points, "2026-10-25T02:00", "Europe/Copenhagen", fold=1) == 0.0712


def test_norways_and_swedens_day_files_bring_their_own_ends() -> None:
    norway = day_files.read(body("hvakosterstrommen.json"), "NOK")
    assert whole(norway) == 23 * HOUR
    assert at(norway, "2026-03-29T03:30", "Europe/Oslo") == 0.73
    sweden = day_files.read(body("elprisetjustnu.json"), "SEK")
    assert whole(sweden) == 96 * QUARTER
    assert min(each.per_kwh for each in sweden) == -0.43


def test_the_nordpool_sensor_of_home_assistant_tells_both_days_with_their_doubled_hour() -> None:
    tree = orjson.loads(body("home_assistant_nordpool.json"))
    points = home_assistant.read_attributes(tree["attributes"], "SEK").points
    assert whole(points) == 48 * HOUR
    assert at(points, "2026-10-25T02:00", "Europe/Stockholm") == 0.92
    assert at(points, "2026-10-25T02:00", "Europe/Stockholm", fold=1) == 0.93
    assert price_at(tidy(points), local("2026-10-26T05:30", "Europe/Stockholm")) is None
    tree["attributes"] |= {"unit_of_measurement": "öre/kWh"}
    cents = home_assistant.read_attributes(tree["attributes"], "SEK").points
    assert at(cents, "2026-10-25T02:00", "Europe/Stockholm") == 0.0092
    assert mqtt.read(orjson.dumps(tree), "SEK").points == cents


def test_the_nordpool_action_of_home_assistant_is_per_megawatt_hour() -> None:
    points = home_assistant.read_action(body("home_assistant_action.json"), "SE3")
    assert whole(points) == 100 * QUARTER
    assert at(points, "2026-10-25T00:00", "Europe/Stockholm") == 0.5234
    with pytest.raises(BadAnswer, match="no prices of SE4"):
        home_assistant.read_action(body("home_assistant_action.json"), "SE4")


def test_a_series_per_kwh_stays_so_whatever_the_sensors_own_unit_is() -> None:
    tree = orjson.loads(body("home_assistant_epex.json"))
    points = home_assistant.read_attributes(tree["attributes"], "EUR").points
    assert at(points, "2026-11-21T12:00") == 0.1


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"today": [1, 2, 3]}, "no attribute with prices and their times"),
        ({"raw_today": [], "currency": "NOK"}, "prices are in NOK; write currency: NOK"),
        ({"raw_today": [1]}, "no object"),
        ({"raw_today": [{"start": "x", "end": "y", "value": 1}]}, "'x' is no time"),
        ({"raw_today": [{"start": "2026-11-21T00:00", "end": "y", "value": 1}]}, "has no zone"),
        ({"raw_today": [], "unit_of_measurement": "EUR/kW"}, "set unit:"),
    ],
)
def test_a_sensor_that_cannot_be_read_says_why(attributes: dict[str, object], says: str) -> None:
    with pytest.raises(BadAnswer, match=says):
        home_assistant.read_attributes(attributes, "SEK")


def test_a_list_over_mqtt_needs_no_home_assistant() -> None:
    row = {"start": "2026-11-21T00:00:00Z", "end": "2026-11-21T01:00:00Z", "price": 28.4}
    quote = mqtt.read(orjson.dumps([row]), "EUR", "ct/kWh")
    assert [round(each.per_kwh, 3) for each in quote.points] == [0.284]
    with pytest.raises(BadAnswer):
        mqtt.read(b"28.4", "EUR")


GERMAN_TABLE = mapped.Layout(
    currency="EUR",
    unit="EUR/MWh",
    start="time",
    cost="EUR/MWh",
    time_format="%d.%m.%Y %H:%M",
    timezone="Europe/Berlin",
    delimiter=";",
)


def test_a_table_in_local_time_knows_the_hour_that_comes_twice() -> None:
    quote = mapped.read(body("table_local.csv"), GERMAN_TABLE)
    assert whole(quote.points) == 25 * HOUR
    assert at(quote.points, "2026-10-25T02:00") == 0.051
    assert at(quote.points, "2026-10-25T02:00", fold=1) == 0.0515
    assert at(quote.points, "2026-10-25T23:00") == 0.062


def test_json_is_read_below_its_path_in_epoch_seconds() -> None:
    layout = mapped.Layout(
        currency="EUR",
        unit="EUR/MWh",
        start="timestamp",
        cost="price",
        path="data.ee",
        time_format="unix",
    )
    quote = mapped.read(body("table_elering.json"), layout)
    assert at(quote.points, "2026-11-21T23:45") == 0.1754
    assert mapped.read(b"  ", layout) == Quote(currency="EUR")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"a;b\n1;2\n", "no column time; there are: a, b"),
        (b"time;EUR/MWh\nyesterday;2\n", "'yesterday' is no time"),
        (b"time;EUR/MWh\n25.10.2026 00:00;cheap\n", "'cheap' is no price"),
        (b'{"data": 3}', "no list of objects"),
        (b"{", "no JSON"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(answer: bytes, says: str) -> None:
    with pytest.raises(BadAnswer, match=says):
        mapped.read(answer, GERMAN_TABLE)


MIXED = orjson.dumps(
    {
        "data": [{"start_timestamp": 1e300, "unit": "Eur/MWh", "marketprice": 1}],
        "unix_seconds": [True],
        "price": ["x"],
        "unit": "EUR/MWh",
        "results": [{"value_inc_vat": 1, "valid_from": "?"}],
        "SE3": [{"price": 1}],
        "records": [{"PriceArea": "DK1", "TimeUTC": 7}],
        "raw_today": [{}],
    }
)


@pytest.mark.parametrize(
    "read",
    [
        energy_charts.read,
        awattar.read,
        tibber.read,
        lambda answer: octopus.read(answer, LONDON),
        lambda answer: energinet.read(answer, "DK1", "DKK"),
        lambda answer: day_files.read(answer, "NOK"),
        lambda answer: home_assistant.read_action(answer, "SE3"),
        lambda answer: mqtt.read(answer, "EUR"),
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[1, 2]",
        MIXED,
        b"\xff\xfe",
    ],
)
def test_garbage_is_never_more_than_a_bad_answer(read: object, answer: bytes) -> None:
    with pytest.raises(BadAnswer):
        read(answer)  # type: ignore[operator]
