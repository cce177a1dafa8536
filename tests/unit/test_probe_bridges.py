"""A probe as people and programs outside see it, and how they ask for one."""

from dataclasses import replace

import orjson
import pytest

from agent.bridges.documents import device_id, intent_of, read_command
from agent.bridges.documents.action import action as action_document
from agent.bridges.home_assistant.commands import intent_of as home_assistant_intent
from agent.bridges.home_assistant.commands import orders
from agent.bridges.home_assistant.states import Views, state_json
from agent.bridges.home_assistant.tables import TABLE, household, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.bridges.mqtt import Broker
from agent.bridges.status import document
from agent.bridges.streams.wishes import document as stream_document
from agent.model.actions import Action, ActionKind, ActionState, RequestedBy
from agent.model.intents import AskProbe
from agent.model.pairs import PairingMode, ProbePolicy
from agent.model.picture import Picture
from agent.model.readings import DeviceKind
from tests import pictures
from tests.documents import SENDER, faults

GARAGE = pictures.GARAGE
TOPICS = Topics(Broker(host="broker"), "home")
QUESTION = "May this charger charge at 6 A for 6 min, to see which car this is? A schedule waits."


def house(
    probe: ProbePolicy = ProbePolicy.ALWAYS_ASK, mode: PairingMode = PairingMode.FULL
) -> Picture:
    full = pictures.full_picture()
    settings = replace(full.pairing, probe=probe, mode=mode)
    return replace(full, pairing=settings, questions={GARAGE: QUESTION})


def probe() -> Action:
    return replace(
        pictures.action(ActionState.PENDING),
        device=GARAGE,
        device_commanded=GARAGE,
        device_kind=DeviceKind.CHARGER,
        kind=ActionKind.PROBE,
        value=6.0,
        requested_by=RequestedBy.PAIRING,
    )


def test_home_assistant_shows_the_question_and_a_button_to_allow_it() -> None:
    picture = house()
    rows = rows_of(pictures.CHARGER, household(picture))
    state = orjson.loads(state_json(rows, Views().of(pictures.CHARGER, picture)))
    assert state["car_details"]["question"] == QUESTION
    press = orders(TOPICS, picture, frozenset(TABLE))["hearth/home/garage/find_out_car/set"]
    assert press.row.enabled
    assert home_assistant_intent(press, b"PRESS") == AskProbe(device=GARAGE)


def test_the_button_is_hidden_where_it_acts_by_itself_and_absent_where_it_is_off() -> None:
    def button(picture: Picture) -> list[bool]:
        rows = rows_of(pictures.CHARGER, household(picture))
        return [row.enabled for row in rows if row.key == "find_out_car"]

    assert button(house(ProbePolicy.WHEN_IT_MATTERS)) == [False]
    assert button(house(ProbePolicy.OFF)) == []
    assert button(house(mode=PairingMode.OBSERVE_ONLY)) == []


def test_its_action_is_shown_in_words() -> None:
    picture = replace(house(), actions=(probe(),))
    rows = rows_of(pictures.CHARGER, household(picture))
    state = orjson.loads(state_json(rows, Views().of(pictures.CHARGER, picture)))
    assert state["last_action"] == "Find out which car this is: pending"


def test_status_has_question_and_action() -> None:
    tree = document(replace(house(), actions=(probe(),)))
    garage = next(d for d in tree["devices"] if d["id"] == GARAGE)
    assert garage["state"]["question"] == QUESTION
    assert (tree["actions"][0]["kind"], tree["actions"][0]["requestedBy"]) == ("PROBE", "pairing")


@pytest.mark.parametrize("amps", [6.0, 0.0])
def test_the_cloud_reads_how_far_the_current_goes_down(amps: float) -> None:
    tree = action_document(replace(probe(), value=amps), SENDER)
    assert faults("action", orjson.loads(orjson.dumps(tree))) == []
    assert (tree["target"], tree["requestedBy"]) == ({"maxCurrent": amps}, "pairing")


def test_the_cloud_may_ask_for_one() -> None:
    body = {"targetType": "charger", "targetId": device_id("4711", GARAGE), "kind": "PROBE"}
    tree = {"requestId": "r", "command": "action.create", "expiresAt": "2026-06-01T12:01:00Z"}
    payload = orjson.dumps({**tree, "body": body})
    assert faults("command", orjson.loads(payload)) == []
    intent = intent_of(read_command("r", payload), SENDER, house())
    assert isinstance(intent, AskProbe)
    assert (intent.device, intent.requested_by) == (GARAGE, RequestedBy.CLOUD)
    kinds = {GARAGE: DeviceKind.CHARGER}
    assert stream_document(AskProbe(device=GARAGE), kinds) == {
        "command": "action.create",
        "body": {"targetType": "charger", "targetId": GARAGE, "kind": "PROBE"},
    }
