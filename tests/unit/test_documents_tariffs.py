"""Prices from the cloud: read exactly, applied whole or not at all, kept for the statistics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from agent.bridges.documents import location_id, read_desired
from agent.bridges.streams.intents import read_intent
from agent.control import papers
from agent.control.papers import Papers
from agent.control.rules import HouseRules
from agent.model.documents import Document, DocumentKind
from agent.model.intents import PutDocument
from agent.model.picture import Picture
from agent.model.tariffs import PricePlan
from agent.store.documents import decode_document
from agent.store.rows import encode
from agent.tariffs import Dated, Export, ExportKind, Formula, HouseTariff, Market, prices_between
from agent.tariffs.papers import series_of, tariff_of
from tests.documents import AT, DEVICES, HOME, NOW, SENDER, faults
from tests.unit.test_tariffs import hourly

TARIFF_ID = "11111111-2222-4333-8444-555555555555"
HOME_ID = location_id("4711", "home")
PICTURE = Picture(now=NOW, devices=DEVICES, locations={"home": HOME}, started_at=AT)
CONFIG = HouseTariff(
    currency="EUR",
    timezone=HOME.timezone,
    formula=Formula(),
    export=Export(kind=ExportKind.FIXED, per_kwh=(Dated(value=0.08),)),
)
PRICES = [{"name": "day", "cost": "0.32"}, {"name": "night", "cost": "0.240"}]
PLAN = {
    "tariffId": TARIFF_ID,
    "tariffIntervals": [
        {"name": "night", "from": "00:00", "to": "06:00"},
        {"name": "day", "from": "06:00", "to": "24:00", "weekdays": [0, 1, 2, 3, 4]},
    ],
}
SERIES = {
    "currency": "EUR",
    "points": [
        {"start": "2026-06-06T10:00:00Z", "end": "2026-06-06T11:00:00Z", "cost": 0.5},
        {"start": "2026-06-06T09:00:00Z", "end": "2026-06-06T10:00:00Z", "cost": "-0.0123"},
    ],
}


def read(kind: str, body: Any, resource_id: str = HOME_ID, rev: int = 1) -> PutDocument:
    payload = orjson.dumps({"rev": rev, "body": body, "deleted": body is None})
    return read_desired(kind, resource_id, payload, SENDER, PICTURE)


def begin(tariff: HouseTariff | None = CONFIG) -> Papers:
    rules = HouseRules(home="home", locations={"home": HOME}, tariff=tariff)
    return papers.begin(rules, (), {})


def put(before: Papers, *intents: PutDocument) -> Papers:
    for intent in intents:
        edit = papers.put(before, intent, {})
        assert edit.problem is None, edit.problem
        before = edit.papers
    return before


def house(after: Papers) -> HouseTariff:
    found = tariff_of(after.documents, HOME, after.rules.tariff)
    assert found is not None
    return found


TARIFF = read("tariff", PRICES, TARIFF_ID)


@pytest.mark.parametrize("body", [PRICES, {"prices": PRICES, "currency": "EUR"}, PLAN, SERIES])
def test_what_is_documented_fits_its_schema(body: Any) -> None:
    assert faults("desired", {"rev": 1, "body": body}) == []


def test_a_tariff_and_its_hours_become_the_prices_of_the_house() -> None:
    after = put(begin(), TARIFF, read("location-tariff", PLAN))
    start = AT + timedelta(days=7)
    found = prices_between(house(after), start=start, end=start + timedelta(days=7))
    assert {slot.import_per_kwh for slot in found.slots} == {0.24, 0.32, None}
    assert {slot.export_per_kwh for slot in found.slots} == {0.08}


def test_without_a_tariff_in_the_file_the_clouds_is_enough() -> None:
    after = put(begin(None), TARIFF, read("location-tariff", PLAN))
    assert house(after).currency == "EUR"
    assert tariff_of(begin(None).documents, HOME, None) is None
    crowns = read("price-series", SERIES | {"currency": "SEK"})
    assert house(put(begin(None), crowns)).currency == "SEK"


def test_pushed_prices_fill_what_the_hours_leave_and_come_sorted() -> None:
    after = put(begin(), TARIFF, read("location-tariff", PLAN), read("price-series", SERIES))
    saturday = datetime(2026, 6, 6, 8, tzinfo=UTC)
    series = series_of(after.documents, HOME)
    market = Market(spot=hourly(saturday, [0.1] * 4), series=series)
    found = prices_between(house(after), market, start=saturday, end=saturday + timedelta(hours=4))
    assert [slot.import_per_kwh for slot in found.slots] == [0.1, -0.0123, 0.5, 0.1]


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("tariff", [{"name": "day", "cost": 0.32}], "cost is no decimal number as text"),
        ("tariff", [{"name": "day", "cost": "1e3"}], "cost is no decimal number as text"),
        ("tariff", [{"cost": "0.3"}], "/body/0/name is missing"),
        ("tariff", {"prices": PRICES, "currency": "Euro"}, "is no currency"),
        ("location-tariff", PLAN | {"tariffId": "x"}, "tariffId is no UUID"),
        (
            "location-tariff",
            PLAN | {"tariffIntervals": [{"name": "a", "from": "24:00", "to": "24:00"}]},
            "from is no time of day",
        ),
        (
            "location-tariff",
            PLAN | {"tariffIntervals": [{"name": "a", "from": "00:00", "to": "6:00"}]},
            "to is no time of day",
        ),
        (
            "location-tariff",
            PLAN
            | {"tariffIntervals": [{"name": "a", "from": "00:00", "to": "24:00", "weekdays": []}]},
            "weekdays is empty",
        ),
        ("price-series", SERIES | {"currency": None}, "currency is missing"),
        (
            "price-series",
            SERIES | {"points": [SERIES["points"][0], SERIES["points"][0]]},
            "points/1 overlaps the one before it",
        ),
    ],
)
def test_what_cannot_be_read_is_noted_with_its_problem(kind: str, body: Any, says: str) -> None:
    made = read(kind, body)
    assert made.value is None
    assert says in (made.problem or "")


def hours(*some: tuple[str, str, str]) -> PutDocument:
    made = [{"name": name, "from": start, "to": end} for name, start, end in some]
    return read("location-tariff", PLAN | {"tariffIntervals": made})


@pytest.mark.parametrize(
    ("intent", "status", "says"),
    [
        (
            hours(("noon", "11:00", "13:00")),
            400,
            "no price called noon",
        ),
        (
            hours(("day", "06:00", "22:00"), ("night", "21:00", "24:00")),
            400,
            "day (06:00 to 22:00) and night (21:00 to 24:00) overlap",
        ),
        (
            hours(("night", "22:00", "06:00")),
            400,
            "write two intervals, 22:00 to 24:00 and 00:00 to 06:00",
        ),
        (read("location-tariff", PLAN | {"tariffId": HOME_ID}), 404, "send the tariff first"),
        (read("location-tariff", PLAN, TARIFF_ID), 404, "send the location first"),
        (read("tariff", [{"name": "day", "cost": "31.9"}], HOME_ID), 400, "was it ct?"),
        (read("tariff", {"prices": PRICES, "currency": "SEK"}, HOME_ID), 400, "pays in EUR"),
        (read("price-series", SERIES | {"currency": "NOK"}), 400, "the house pays in EUR"),
    ],
)
def test_what_cannot_be_applied_is_refused_and_leaves_the_old_in_force(
    intent: PutDocument, status: int, says: str
) -> None:
    before = put(begin(), TARIFF)
    edit = papers.put(before, intent, {})
    assert (edit.status, says in (edit.problem or "")) == (status, True), edit.problem
    assert tariff_of(edit.papers.documents, HOME, CONFIG) == CONFIG
    assert edit.changed[0].problem == edit.problem


def test_a_tariff_in_use_stays_and_goes_when_nobody_uses_it() -> None:
    before = put(begin(), TARIFF, read("location-tariff", PLAN))
    gone = read("tariff", None, TARIFF_ID, rev=2)
    assert papers.put(before, gone, {}).status == 409
    freed = put(before, read("location-tariff", None, rev=2))
    assert put(freed, gone).documents[DocumentKind.TARIFF, TARIFF_ID].value is None


def test_new_costs_leave_the_past_its_own() -> None:
    old = read("tariff", {"prices": PRICES, "validFrom": "2026-01-01T00:00:00Z"}, TARIFF_ID)
    plan = read("location-tariff", PLAN | {"validFrom": "2026-01-01T00:00:00Z"})
    dearer = [{"name": "day", "cost": "0.42"}, {"name": "night", "cost": "0.24"}]
    new = read("tariff", {"prices": dearer, "validFrom": "2026-06-02T00:00:00Z"}, TARIFF_ID, rev=2)
    after = put(begin(), old, plan, new)

    def noon(day: int) -> float | None:
        at = datetime(2026, 6, day, 12, tzinfo=UTC)
        return (
            prices_between(house(after), start=at, end=at + timedelta(minutes=1))
            .slots[0]
            .import_per_kwh
        )

    assert (noon(1), noon(2)) == (0.32, 0.42)


def test_price_documents_come_back_from_disk_as_they_were() -> None:
    after = put(begin(), TARIFF, read("location-tariff", PLAN), read("price-series", SERIES))
    after = put(after, read("tariff", PRICES, TARIFF_ID, rev=2))
    after = put(after, read("location-tariff", PLAN, rev=2))
    for document in after.documents.values():
        assert isinstance(document, Document)
        assert decode_document(encode(document)) == document


def test_in_a_stream_a_location_is_called_by_its_name() -> None:
    tree = {"kind": "location-tariff", "id": "home", "rev": 1, "body": PLAN}
    intent = read_intent(tree, PICTURE)
    assert isinstance(intent, PutDocument)
    assert isinstance(intent.value, PricePlan)
    assert intent.value.location == "home"


def test_prices_of_tomorrow_leave_those_of_today() -> None:
    tomorrow = [{"start": "2026-06-07T00:00:00Z", "end": "2026-06-07T01:00:00Z", "cost": 0.7}]
    news = read("price-series", {"currency": "EUR", "points": tomorrow}, rev=2)
    after = put(begin(), read("price-series", SERIES), news)
    assert [each.per_kwh for each in series_of(after.documents, HOME)] == [-0.0123, 0.5, 0.7]
    gone = put(after, read("price-series", {"currency": "EUR", "points": []}, rev=3))
    assert series_of(gone.documents, HOME) == ()


def test_what_is_told_once_more_replaces_what_was_told_of_the_same_time() -> None:
    points = [{"start": "2026-06-06T09:30:00Z", "end": "2026-06-06T12:00:00Z", "cost": 0.7}]
    news = read("price-series", {"currency": "EUR", "points": points}, rev=2)
    after = put(begin(), read("price-series", SERIES), news)
    kept, new = series_of(after.documents, HOME)
    assert (kept.per_kwh, kept.end, new.per_kwh) == (-0.0123, new.start, 0.7)


def test_without_a_tariff_in_the_file_the_cloud_cannot_mix_currencies_either() -> None:
    crowns = read("price-series", SERIES | {"currency": "SEK"})
    euros = put(begin(None), read("tariff", {"prices": PRICES, "currency": "EUR"}, TARIFF_ID))
    refused = papers.put(euros, crowns, {})
    assert (refused.status, refused.problem) == (
        400,
        "the house pays in EUR, not in SEK; give EUR",
    )
    other = read("tariff", {"prices": PRICES, "currency": "NOK"}, HOME_ID)
    assert papers.put(euros, other, {}).status == 400
    changed = read("tariff", {"prices": PRICES, "currency": "NOK"}, TARIFF_ID, rev=2)
    assert papers.put(euros, changed, {}).status == 200
