"""What people, Home Assistant and the cloud see of the grid operator's orders."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from rich.console import Console

from agent.bridges import status
from agent.bridges.documents import HouseHerald
from agent.bridges.home_assistant.entity import View
from agent.bridges.home_assistant.gateway import GATEWAY
from agent.bridges.home_assistant.tables import household, rows_of
from agent.cli.screen import screen
from agent.model.limits import GridOrder, Scope
from agent.model.picture import Picture
from tests.documents import NOW, faults
from tests.unit.document_house import SENDER, picture

HOUR = timedelta(hours=1)
ORDER = GridOrder(
    id="4be0643f-1d98-573b-97cd-ca98a65347dd", source="relay", scope=Scope.DEVICES,
    import_w=4200.0, began_at=NOW.at,
)  # fmt: skip
AHEAD = replace(ORDER, id="2", import_w=7560.0, begins_at=NOW.at + HOUR, ends_at=NOW.at + 2 * HOUR)
LINKS = {"grid_operator_relay": "up"}


def house(*orders: GridOrder, kept: bool | None = None, after_s: float = 0.0) -> Picture:
    known = {} if kept is None else {ORDER.id: kept}
    links: dict[str, str] = LINKS
    return picture(
        now=NOW.later(after_s), grid_orders=tuple(orders), grid_kept=known, drivers=links
    )


def entities(shown: Picture) -> dict[str, Any]:
    rows = rows_of(GATEWAY, household(shown))
    view = View(info=GATEWAY, picture=shown)
    return {row.key: (row.value(view), row.enabled) for row in rows if "operator" in row.key}


def test_home_assistant_shows_whether_and_to_what_the_house_is_limited() -> None:
    keys = "grid_operator_limit", "grid_operator_limit_power"
    assert entities(house()) == {keys[0]: ("OFF", True), keys[1]: (None, True)}
    assert entities(house(ORDER, AHEAD)) == {keys[0]: ("ON", True), keys[1]: (4200, True)}
    cloud = replace(house(), drivers={"cloud": "up"})
    assert entities(cloud) == {keys[0]: ("OFF", False), keys[1]: (None, False)}
    assert entities(replace(house(), drivers={})) == {}


def test_its_attributes_say_who_and_until_when_and_what_comes() -> None:
    shown = house(ORDER, AHEAD, kept=True)
    row = next(r for r in rows_of(GATEWAY, household(shown)) if r.key == "grid_operator_limit")
    assert row.attributes is not None
    assert row.attributes(View(info=GATEWAY, picture=shown)) == {
        "source": "relay", "counts": "devices", "held": True, "until": None,
        "next_at": "2026-06-01T13:00:00+00:00",
    }  # fmt: skip


@pytest.mark.parametrize(("kept", "state"), [(None, "BEGAN"), (True, "HELD"), (False, "NOT_HELD")])
def test_the_status_document_has_each_order(kept: bool | None, state: str) -> None:  # noqa: FBT001
    now, ahead = status.document(house(ORDER, AHEAD, kept=kept))["gridOrders"]
    assert now == {
        "id": ORDER.id, "source": "relay", "scope": "DEVICES", "importLimit": 4.2,
        "exportLimit": None, "state": state, "beginsAt": "2026-06-01T12:00:00+00:00",
        "endsAt": None,
    }  # fmt: skip
    assert (ahead["state"], ahead["importLimit"]) == ("ANNOUNCED", 7.56)
    assert ahead["endsAt"] == "2026-06-01T14:00:00+00:00"


def test_hearth_status_has_a_line_for_each_order() -> None:
    console = Console(width=160)
    with console.capture() as caught:
        console.print(screen(status.document(house(ORDER, AHEAD, kept=True))))
    text = caught.get()
    assert "grid operator: take at most 4.20 kW with cars and batteries (relay): kept" in text
    assert "with cars and batteries from Mon 13:00 until Mon 14:00 (relay): announced" in text


def told(herald: HouseHerald, shown: Picture) -> list[str]:
    events = [e for e in herald.look(shown).events if e.resource_type == "grid-order"]
    for event in events:
        assert not event.coalesces
        made = orjson.loads(event.body) | {
            "seq": 1, "bootId": "b", "createdAt": "2026-06-01T12:00:00Z",
        }  # fmt: skip
        assert faults("event", made) == []
    return [event.name.removeprefix("user:grid-order:") for event in events]


def test_the_cloud_hears_of_each_order_as_it_comes_is_kept_and_ends() -> None:
    herald = HouseHerald(SENDER)
    first = replace(ORDER, begins_at=NOW.at + timedelta(seconds=10))
    assert told(herald, house(first)) == ["announced"]
    assert told(herald, house(ORDER, after_s=10)) == ["began"]
    assert told(herald, house(ORDER, kept=False, after_s=70)) == ["not-held"]
    assert told(herald, house(ORDER, kept=True, after_s=80)) == ["held"]
    assert told(herald, house(ORDER, kept=True, after_s=90)) == []
    assert told(herald, house(after_s=100)) == ["ended"]


def test_after_a_restart_nothing_is_told_twice_and_an_end_meanwhile_is_told() -> None:
    before = HouseHerald(SENDER)
    before.look(house(ORDER))
    resources = before.look(house(ORDER, kept=True, after_s=5)).resources
    herald = HouseHerald(SENDER, resources)
    assert told(herald, house(ORDER, after_s=10)) == []
    assert told(herald, house(ORDER, kept=True, after_s=15)) == []
    away = HouseHerald(SENDER, resources)
    assert told(away, house(after_s=10)) == ["ended"]


def test_what_was_decided_about_the_operator_bears_its_name() -> None:
    doc = status.document(house(ORDER))
    entry = {"deviceId": "grid_operator", "sentence": "It begins.", "at": NOW.at.isoformat()}
    doc["journal"] = [entry]
    console = Console(width=160)
    with console.capture() as caught:
        console.print(screen(doc))
    assert "Grid operator: It begins." in caught.get()
