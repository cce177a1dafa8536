"""The pure parts of OCPP 2.0.1: versions, states, tokens, names of transactions, profiles."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from ocpp.messages import get_validator

from agent.model.driver import Refused
from agent.model.readings import PowerDelivery
from drivers.ocpp import v201_requests, versions
from drivers.ocpp.composite import current_limit_a
from drivers.ocpp.forms import Form, base_profile, ladder, working_profile
from drivers.ocpp.requests import Request
from drivers.ocpp.rpc import Aside, masked, read_frame
from drivers.ocpp.states import Facts, Status, power_delivery
from drivers.ocpp.v201_ids import KEPT, Known, TransactionIds
from drivers.ocpp.v201_states import Flow, Plug, Told
from drivers.ocpp.v201_tokens import tag_of
from drivers.ocpp.v201_variables import where
from tests.notebook import Notebook
from tests.sim.ocpp_house import WallClock
from tests.virtual_time import run_virtual

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "pinned", "subprotocol", "version"),
    [
        (["ocpp1.6"], None, "ocpp1.6", "1.6"),
        (["ocpp1.6, ocpp2.0.1"], None, "ocpp2.0.1", "2.0.1"),
        (["ocpp2.1", "ocpp1.6"], None, "ocpp2.1", "2.1"),
        (["ocpp2.1,ocpp2.0.1"], "2.1", "ocpp2.1", "2.1"),
        (["ocpp1.6,ocpp2.0.1"], "1.6", "ocpp1.6", "1.6"),
        ([], None, None, "1.6"),
        ([], "2.0.1", None, "2.0.1"),
        (["OCPP2.0.1"], None, None, "2.0.1"),
        (["ocpp1.5", "x"], None, None, "1.6"),
    ],
)
def test_the_version_follows_the_offer_and_the_config(
    headers: list[str], pinned: str | None, subprotocol: str | None, version: str
) -> None:
    offered = versions.offers(headers)
    assert versions.chosen(offered, pinned) == subprotocol
    assert versions.spoken(offered, pinned) == version
    assert not versions.contradicts(offered, pinned)


def test_only_a_known_version_that_is_not_the_pinned_one_contradicts() -> None:
    assert versions.contradicts(["ocpp2.0.1"], "1.6")
    assert not versions.contradicts(["ocpp2.0.1", "ocpp1.6"], "1.6")
    assert not versions.contradicts(["soap"], "1.6")
    assert not versions.contradicts(["ocpp2.0.1"], None)


@pytest.mark.parametrize(
    ("plug", "flow", "running", "delivery"),
    [
        (Plug.AVAILABLE, None, False, PowerDelivery.UNPLUGGED),
        (Plug.OCCUPIED, None, False, PowerDelivery.STOPPED),
        (Plug.OCCUPIED, Flow.EV_CONNECTED, True, PowerDelivery.STOPPED),
        (None, Flow.CHARGING, True, PowerDelivery.CHARGING),
        (Plug.OCCUPIED, Flow.CHARGING, True, PowerDelivery.CHARGING),
        (Plug.OCCUPIED, Flow.SUSPENDED_EV, True, PowerDelivery.NO_POWER),
        (Plug.OCCUPIED, Flow.SUSPENDED_EVSE, True, PowerDelivery.STOPPED),
        (Plug.AVAILABLE, Flow.IDLE, True, PowerDelivery.UNPLUGGED),
        (Plug.OCCUPIED, Flow.IDLE, True, PowerDelivery.STOPPED),
        (Plug.FAULTED, Flow.CHARGING, True, PowerDelivery.FAULT),
        (Plug.RESERVED, None, False, PowerDelivery.UNPLUGGED),
        (Plug.UNAVAILABLE, None, False, PowerDelivery.UNKNOWN),
    ],
)
def test_connector_and_transaction_together_make_the_state(
    plug: Plug | None, flow: Flow | None, *, running: bool, delivery: PowerDelivery
) -> None:
    told = Told(connectors={} if plug is None else {1: plug}, flow=flow)
    facts = Facts(status=told.status(running=running), transaction_open=running)
    assert power_delivery(facts, 0.0) is delivery


def test_occupied_says_nothing_of_a_charge_and_available_ends_it() -> None:
    charging = Told().flow_said(Flow.CHARGING)
    occupied = charging.plug_said(1, Plug.OCCUPIED)
    assert occupied.status(running=True) is Status.CHARGING
    assert occupied.plug_said(1, Plug.AVAILABLE).status(running=True) is Status.AVAILABLE


def test_an_evse_is_in_use_while_one_of_its_connectors_is() -> None:
    told = Told().plug_said(1, Plug.OCCUPIED).plug_said(2, Plug.AVAILABLE)
    assert told.plug is Plug.OCCUPIED
    assert told.plug_said(1, Plug.FAULTED).plug is Plug.AVAILABLE


@pytest.mark.parametrize(
    ("before", "gone", "status"),
    [
        (Told(), False, Status.PREPARING),
        (Told(), True, Status.AVAILABLE),
        (Told(connectors={1: Plug.AVAILABLE}), False, Status.AVAILABLE),
        (Told(connectors={1: Plug.OCCUPIED}, flow=Flow.CHARGING), False, Status.PREPARING),
        (Told(connectors={1: Plug.OCCUPIED}), True, Status.AVAILABLE),
    ],
)
def test_after_the_end_the_car_is_there_unless_it_is_known_to_be_gone(
    before: Told, *, gone: bool, status: Status
) -> None:
    assert before.ended(gone=gone).status(running=False) is status


words = st.one_of(
    st.tuples(st.just("plug"), st.integers(1, 2), st.sampled_from(Plug)),
    st.tuples(st.just("flow"), st.just(0), st.sampled_from(Flow)),
    st.tuples(st.just("end"), st.just(0), st.booleans()),
)


@given(said=st.lists(words, max_size=8), running=st.booleans())
def test_whatever_is_told_there_is_one_status_and_faults_win(
    said: list[tuple[str, int, object]], *, running: bool
) -> None:
    told = Told()
    for kind, connector, word in said:
        if isinstance(word, Plug):
            told = told.plug_said(connector, word)
        elif isinstance(word, Flow):
            told = told.flow_said(word)
        else:
            told = told.ended(gone=bool(word))
        assert kind
    status = told.status(running=running)
    assert (status is None) <= (told.plug is None)
    if told.plug is Plug.FAULTED:
        assert status is Status.FAULTED


@pytest.mark.parametrize(
    ("token", "tag"),
    [
        ({"idToken": "aa:bb:cc:00:11:22", "type": "MacAddress"}, "VID:AABBCC001122"),
        ({"idToken": "VID:AABBCC001122", "type": "MacAddress"}, "VID:AABBCC001122"),
        ({"idToken": "X" * 60, "type": "EVCCID"}, "X" * 60),
        ({"idToken": "DE-8AA-1A2B3C4D5-9", "type": "eMAID"}, "DE-8AA-1A2B3C4D5-9"),
        ({"idToken": "1234", "type": "KeyCode"}, "1234"),
        ({"idToken": "1234"}, "1234"),
        ({"idToken": "x", "type": "NoAuthorization"}, None),
        ({"idToken": "", "type": "Central"}, None),
        ("1234", "1234"),
        ([], None),
        (None, None),
    ],
)
def test_who_charges_is_one_text_in_all_versions(token: object, tag: str | None) -> None:
    assert tag_of(token) == tag


def test_names_of_transactions_outlive_a_restart_and_the_ended_go_first() -> None:
    async def main() -> None:
        notes = Notebook()
        ids = TransactionIds("CP1", notes)
        await ids.keep("running", Known(id=1, evse=1, begun="x"))
        for number in range(2, KEPT + 5):
            await ids.keep(f"t{number}", Known(id=number, evse=1, begun="x", ended=True))
        again = TransactionIds("CP1", notes)
        assert await again.find("running") == Known(id=1, evse=1, begun="x")
        assert await again.find("t2") is None
        assert await again.names() == {1: "running"}
        assert len(next(iter(notes.notes.values()))) == KEPT
        json.dumps(dict(next(iter(notes.notes.values()))))

    run_virtual(main())


def test_a_note_of_something_else_is_no_transaction() -> None:
    async def main() -> None:
        notes = Notebook()
        await notes.write_note("ocpp_transactions", "CP1", {"a": 5, "b": {"id": 1}})
        assert await TransactionIds("CP1", notes).names() == {}

    run_virtual(main())


def test_every_form_of_a_limit_fits_the_schema_of_2_0_1() -> None:
    for form in ladder():
        working = working_profile(
            form, connector=1, limit_a=13.4, fallback_a=6, phases=3, at=AT, transaction_id=7
        )
        base = base_profile(form, connector=1, fallback_a=6, phases=3, at=AT)
        for profile in (working, base):
            sent = v201_requests.set_charging_profile(1, profile, "a-b").payload["chargingProfile"]
            assert ("transactionId" in sent) == ("transactionId" in profile)
            assert sent["chargingSchedule"][0]["chargingRateUnit"] == form.unit


@pytest.mark.parametrize(
    "request_",
    [
        v201_requests.get_composite_schedule(1, 60, "A"),
        v201_requests.start_transaction(1, "HEARTH", 5),
        v201_requests.stop_transaction("a"),
        v201_requests.get_transaction_status("a"),
        v201_requests.trigger("StatusNotification", {"id": 1, "connectorId": 1}),
        v201_requests.trigger("TransactionEvent", None),
        v201_requests.get_variables([where("MessageAttempts.A.B")]),
        v201_requests.set_variable(where("A.B"), "5"),
        v201_requests.get_base_report(5),
        v201_requests.set_charging_profile(
            1, base_profile(Form(), connector=1, fallback_a=6, phases=3, at=AT), None
        ),
    ],
)
def test_requests_fit_2_1_as_well(request_: Request) -> None:
    validator: Draft7Validator = get_validator(2, request_.action, "2.1")
    validator.validate(request_.payload)


def test_a_request_that_breaks_the_schema_is_not_sent() -> None:
    with pytest.raises(Refused, match="invalid RequestStopTransaction"):
        v201_requests.stop_transaction("x" * 37)


def test_the_composite_schedule_of_2_0_1_is_understood() -> None:
    now = WallClock().now()
    schedule = {
        "evseId": 1,
        "duration": 60,
        "scheduleStart": now.at.isoformat(),
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6900, "numberPhases": 3}],
    }
    assert current_limit_a({"status": "Accepted", "schedule": schedule}, 3, now) == 10.0


def test_frames_of_2_1_that_want_no_answer_are_known() -> None:
    assert read_frame(b'[6,"a","NotifyPeriodicEventStream",{}]') == Aside()
    assert isinstance(read_frame(b'[5,"a","FormatViolation","",{}]'), Aside)


def test_tokens_are_shortened_in_logs_wherever_they_stand() -> None:
    frame = b'{"idToken":{"idToken":"0123456789","additionalInfo":[{"additionalIdToken":"98765"}]}}'
    shown = masked(frame)
    assert "...6789" in shown
    assert "0123" not in shown
    assert "98765" not in shown


def test_a_house_without_2_x_never_loads_it() -> None:
    code = (
        "import sys; from drivers.ocpp import listener, v16, v16_requests; "
        "v16_requests.remote_stop(1); "
        "print(sorted(m for m in sys.modules if 'v201' in m or 'v21' in m))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
