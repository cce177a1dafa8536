"""Names on the broker are for ever: a changed unique id costs people their energy history."""

import json
import re
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from agent.bridges.home_assistant.discovery import document
from agent.bridges.home_assistant.gateway import GATEWAY
from agent.bridges.home_assistant.schedules import schedule_rows, word
from agent.bridges.home_assistant.tables import TABLE, household, rows_of
from agent.bridges.home_assistant.topics import Topics, slug
from agent.bridges.mqtt import Broker
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceId, DeviceKind
from tests import pictures

FROZEN = Path(__file__).parent / "data" / "home_assistant_ids.json"

ids = st.text(min_size=1, max_size=12) | st.text("ab0-_.:", min_size=1, max_size=6)


def _unslug(text: str) -> str:
    raw = re.sub(rb"-([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), text.encode())
    return raw.decode()


@given(ids)
@example("CP.01:A")
@example("a-2eb")
@example("--")
@example("-ab")
def test_a_slug_has_only_allowed_letters_and_can_be_read_back(text: str) -> None:
    made = slug(text)
    assert re.fullmatch("[a-zA-Z0-9_-]+", made)
    assert _unslug(made) == text
    assert "--" not in made
    assert not made.endswith("-")


def test_what_installers_usually_write_stays_as_it_is() -> None:
    for name in ("garage", "roof_battery", "charger_1", "wall-box", "WR2"):
        assert slug(name) == name


@given(ids, ids, ids, ids)
@example("a", "b--c", "a--b", "c")
@example("a", "b_c", "a_b", "c")
def test_two_gateways_never_share_an_id(
    gateway: str, device: str, other_gateway: str, other_device: str
) -> None:
    def names(gateway_id: str, device_id: str) -> list[str]:
        topics = Topics(Broker(host="b"), gateway_id)
        info = DeviceInfo(id=DeviceId(device_id), kind=DeviceKind.METER, name="x", driver="x")
        return [topics.unique_id(info, "power"), topics.discovery(info), topics.state(info)]

    same = (gateway, device) == (other_gateway, other_device)
    for one, other in zip(names(gateway, device), names(other_gateway, other_device), strict=True):
        assert (one == other) is same


def test_ids_topics_and_platforms_are_what_they_always_were() -> None:
    topics = Topics(Broker(host="broker"), "home")
    now = {info.id: _names(topics, info) for info in (GATEWAY, *pictures.DEVICES)}
    frozen = json.loads(FROZEN.read_text())
    assert now == frozen, (
        "what stands in the file may never change; new entities are added to it by hand"
    )


def _names(topics: Topics, info: DeviceInfo) -> dict[str, object]:
    described = document(topics, info, None, household(pictures.full_picture()))
    device, components = described["device"], described["components"]
    assert isinstance(device, dict)
    assert isinstance(components, dict)
    return {
        "identifiers": device["identifiers"],
        "discovery_topic": topics.discovery(info),
        "availability_topic": topics.availability(info),
        "entities": {
            key: {
                name: component[name]
                for name in ("platform", "unique_id", "state_topic", "command_topic")
                if name in component
            }
            for key, component in components.items()
        },
    }


def test_display_names_are_in_no_id() -> None:
    topics = Topics(Broker(host="broker"), "home")
    for info in pictures.DEVICES:
        renamed = replace(info, name="Quite another name")
        assert _names(topics, renamed) == _names(topics, info)


@given(st.lists(ids, min_size=2, max_size=2, unique=True))
@example(["a", "a_5f"])
@example(["a", "a_details"])
@example(["x_next", "x"])
def test_two_schedules_never_share_a_name(schedules: list[str]) -> None:
    words = [word(name) for name in schedules]
    assert all(re.fullmatch("[a-z0-9_]+", each) for each in words)
    house = replace(
        household(pictures.full_picture()),
        schedules=tuple((name, "", pictures.GARAGE) for name in schedules),
    )
    rows = rows_of(pictures.CHARGER, house)
    keys = [row.key for row in rows]
    keys += [f"{row.key}_details" for row in rows if row.attributes is not None]
    assert len(keys) == len(set(keys))


def test_a_schedule_keeps_its_ids_whatever_it_is_called() -> None:
    house = household(pictures.full_picture())
    for title in ("Night", "Day"):
        rows = schedule_rows(
            pictures.CHARGER, replace(house, schedules=(("4B-1", title, pictures.GARAGE),))
        )
        assert [row.key for row in rows] == ["schedule_4_42_2d1", "next_4_42_2d1"]


def test_no_counter_key_collides_with_a_topic_of_its_device() -> None:
    keys = {row.key for rows in TABLE.values() for row in rows if row.counter}
    assert not keys & {"state", "availability", "clean"}


def test_keys_are_unique_within_a_device() -> None:
    for rows in TABLE.values():
        keys = [row.key for row in rows]
        assert len(keys) == len(set(keys))
        assert all(re.fullmatch("[a-z][a-z0-9_]*", key) for key in keys)
