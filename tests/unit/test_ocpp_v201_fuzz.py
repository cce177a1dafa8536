"""Whatever stands in a request of OCPP 2.x, it is answered, and the state stays sane."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from ocpp.messages import get_validator

from agent.model.readings import ChargerReading, DeviceId, Reading
from drivers.ocpp import rpc
from drivers.ocpp.anomalies import Anomalies
from drivers.ocpp.calls import Pacing
from drivers.ocpp.config import ChargerConfig
from drivers.ocpp.connector import Connector
from drivers.ocpp.session import Session, Shared
from drivers.ocpp.v201 import V201
from tests.examples import examples
from tests.notebook import Notebook
from tests.sim.ocpp_house import Book, WallClock
from tests.sim.ocpp_peer import stamp
from tests.virtual_time import run_virtual

EVSE = {"id": 1, "connectorId": 1}
VALUE = {
    "timestamp": stamp(),
    "sampledValue": [
        {"value": 1.5, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}}
    ],
}
VALID: dict[str, dict[str, Any]] = {
    "BootNotification": {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v"}},
    "StatusNotification": {
        "timestamp": stamp(),
        "connectorStatus": "Occupied",
        "evseId": 1,
        "connectorId": 1,
    },
    "Authorize": {"idToken": {"idToken": "a", "type": "Central"}},
    "MeterValues": {"evseId": 1, "meterValue": [VALUE]},
    "NotifyEvent": {
        "generatedAt": stamp(),
        "seqNo": 0,
        "eventData": [
            {
                "actualValue": "Available",
                "component": {"name": "Connector", "evse": EVSE},
                "variable": {"name": "AvailabilityState"},
            }
        ],
    },
    "NotifyReport": {"requestId": 1, "generatedAt": stamp(), "seqNo": 0, "reportData": []},
    "TransactionEvent": {
        "eventType": "Started",
        "timestamp": stamp(),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "t", "chargingState": "Charging"},
        "evse": EVSE,
        "idToken": {"idToken": "a", "type": "Central"},
        "meterValue": [VALUE],
    },
}
KINDS = ("Started", "Updated", "Ended")
nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A request, mostly valid, with up to three of its parts replaced or left out."""
    action = draw(st.sampled_from([*VALID, "TransactionEvent", "TransactionEvent"]))
    payload = copy.deepcopy(VALID[action])
    if "eventType" in payload:
        payload["eventType"] = draw(st.sampled_from(KINDS))
        payload["transactionInfo"]["transactionId"] = draw(st.sampled_from(("t", "u")))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = payload
        while isinstance(place, dict) and place:
            key = draw(st.sampled_from(sorted(place, key=str)))
            deeper = place[key][0] if isinstance(place[key], list) and place[key] else place[key]
            if isinstance(deeper, dict) and draw(st.booleans()):
                place = deeper
                continue
            if draw(st.booleans()):
                place[key] = draw(nonsense)
            else:
                del place[key]
            break
    return action, payload


async def _told(said: list[tuple[str, dict[str, Any]]]) -> tuple[list[Reading], Book]:
    readings: list[Reading] = []
    book, notes = Book(), Notebook()
    who = Anomalies("garage")
    connector = Connector(DeviceId("garage"), ChargerConfig(identity="CP1"), who.count)
    session = Session("CP1", {1: connector}, 60, who)

    async def report(reading: Reading) -> None:
        readings.append(reading)

    session.start(
        Shared(
            clock=WallClock(),
            book=book,
            notebook=notes,
            pacing=Pacing(),
            report=report,
            speak=lambda _, spoken: V201(spoken),
        )
    )
    dialect = V201(session)
    for action, payload in said:
        call = rpc.Call(id="1", action=action, payload=payload)
        reply, more = await dialect.handle(session, call, session.shared.clock.now())
        assert not isinstance(reply, rpc.Fault)
        for version in ("2.0.1", "2.1"):
            validator: Draft7Validator = get_validator(3, action, version)
            validator.validate(reply)
        readings += more
    return readings, book


@examples(150)
@given(said=st.lists(requests(), max_size=6))
def test_every_request_is_answered_by_the_book(said: list[tuple[str, dict[str, Any]]]) -> None:
    async def main() -> None:
        readings, book = await _told(said)
        for reading in readings:
            assert isinstance(reading, ChargerReading)
            assert reading.power_w is None or abs(reading.power_w) <= 500_000
            number = reading.transaction_id
            assert not number or number in book.rows

    run_virtual(main())
