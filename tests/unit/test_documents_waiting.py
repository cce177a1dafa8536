"""A document of the cloud that comes before what it needs is taken once that is there."""

from dataclasses import asdict, replace

import orjson
import pytest

from agent.bridges.documents import reported
from agent.control.state import cloud_car
from agent.model.documents import Document, DocumentKind, Source
from agent.model.intents import EnableSchedule, PutDocument, SetSmartPolicy
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location, Schedule
from agent.model.smart import SmartPolicy
from agent.model.tariffs import NamedPrice, NamedPrices, PriceInterval, PricePlan
from agent.store.documents import decode_document
from tests.unit.engine_house import CAR, HOME, NIGHT, House

TARIFF_ID = "0b6f0f40-0000-4000-8000-000000000001"
POLICY = SmartPolicy(target=CAR, enabled=True, deadlines=(420,) * 7)
TARIFF = PutDocument(
    kind=DocumentKind.TARIFF,
    id=TARIFF_ID,
    rev=1,
    value=NamedPrices(id=TARIFF_ID, prices=(NamedPrice(name="day", cost="0.30"),)),
)
HOURS = PutDocument(
    kind=DocumentKind.LOCATION_TARIFF,
    id=HOME.id,
    rev=1,
    value=PricePlan(
        location=HOME.id,
        tariff=TARIFF_ID,
        intervals=(PriceInterval(name="day", from_minute=0, to_minute=1440),),
    ),
)


def asked(rev: int = 1, policy: SmartPolicy = POLICY) -> PutDocument:
    kind = DocumentKind.SMART_POLICY
    return PutDocument(kind=kind, id=str(policy.target), rev=rev, value=policy)


def paper(house: House, kind: DocumentKind = DocumentKind.SMART_POLICY, id_: str = CAR) -> Document:
    return house.state.routine.papers.documents[kind, id_]


def test_a_policy_that_comes_before_its_tariff_is_taken_when_that_comes() -> None:
    house = House()
    assert "no prices" in str(house.take(asked()).problem)
    assert reported(paper(house))["status"] == "rejected"
    assert house.take(TARIFF).status == 200
    assert CAR not in house.state.policies
    assert house.take(HOURS).status == 200
    assert house.state.policies[CAR] == POLICY
    assert reported(paper(house)) == {"rev": 1, "status": "applied"}


def test_what_is_taken_late_is_on_disk_with_what_it_waited_for() -> None:
    house = House()
    house.take(asked())
    house.take(TARIFF)
    taken = house.engine.take(HOURS, house.snapshot, house.now)
    assert taken.change is not None
    kinds = [each.kind for each in taken.change.documents]
    assert kinds == [DocumentKind.LOCATION_TARIFF, DocumentKind.SMART_POLICY]


def test_what_waits_is_on_disk() -> None:
    house = House()
    taken = house.engine.take(HOURS, house.snapshot, house.now)
    assert taken.answer.status == 404
    assert taken.change is not None
    assert [each.waiting for each in taken.change.documents] == [HOURS.value]


@pytest.mark.parametrize("turn", range(3))
def test_three_documents_come_to_the_same_in_any_order(turn: int) -> None:
    house = House()
    puts = [asked(), HOURS, TARIFF]
    for put in (*puts[turn:], *puts[:turn]):
        house.take(put)
    assert house.state.policies[CAR] == POLICY
    standing = house.state.routine.papers.documents.values()
    assert [each.problem for each in standing] == [None] * 3


def test_it_waits_also_while_hearth_is_restarted() -> None:
    house = House()
    house.take(asked())
    house.take(HOURS)
    kept = house.on_disk()
    told = tuple(decode_document(orjson.dumps(asdict(each)).decode()) for each in kept.documents)
    again = House(persisted=replace(kept, documents=told))
    again.take(TARIFF)
    assert again.state.policies[CAR] == POLICY


def test_a_newer_revision_takes_the_place_of_what_waits() -> None:
    house = House()
    house.take(asked())
    off = replace(POLICY, enabled=False)
    assert house.take(asked(2, off)).status == 200
    house.take(TARIFF)
    house.take(HOURS)
    assert house.state.policies[CAR] == off
    assert (paper(house).rev, paper(house).waiting) == (2, None)


def test_what_a_person_says_meanwhile_is_not_undone_by_what_waits() -> None:
    house = House()
    house.take(asked())
    assert house.take(SetSmartPolicy(device=CAR, minimum_percent=30.0)).status == 200
    house.take(TARIFF)
    house.take(HOURS)
    assert not house.state.policies[CAR].enabled
    assert paper(house).source is Source.LOCAL


def test_what_is_still_refused_says_why_now() -> None:
    house = House(replace(NIGHT, id="cars", target=CAR, target_kind=DeviceKind.VEHICLE))
    house.take(asked())
    assert "no prices" in str(paper(house).problem)
    house.take(TARIFF)
    house.take(HOURS)
    assert "steers car already" in str(paper(house).problem)
    house.take(EnableSchedule(schedule="cars", enabled=False))
    assert paper(house).problem is None


def test_a_schedule_that_smart_charging_kept_off_is_taken_when_a_person_turns_that_off() -> None:
    house = House()
    for put in (TARIFF, HOURS, asked()):
        house.take(put)
    put = PutDocument(kind=DocumentKind.SCHEDULE, id="uuid", rev=1, value=replace(NIGHT, id="uuid"))
    answer = house.take(put)
    assert answer.status == 409
    assert "car is charged through garage" in str(answer.problem)
    house.take(SetSmartPolicy(device=CAR, enabled=False))
    assert house.state.routine.papers.schedules["uuid"].enabled


def test_a_schedule_that_comes_before_its_place_is_taken_when_that_comes() -> None:
    house = House()
    office = Location(id="office", name="Office", latitude_deg=50.0, longitude_deg=4.0)
    night = replace(NIGHT, id="uuid", location="office")
    put = PutDocument(kind=DocumentKind.SCHEDULE, id="uuid", rev=1, value=night)
    assert house.take(put).status == 400
    house.take(PutDocument(kind=DocumentKind.LOCATION, id="office", rev=1, value=office))
    found = paper(house, DocumentKind.SCHEDULE, "uuid")
    assert isinstance(found.value, Schedule)
    assert reported(found) == {"rev": 1, "status": "applied"}


def test_a_policy_for_a_car_that_the_cloud_brings_later_is_taken_when_it_comes() -> None:
    stranger = DeviceId("7d1c7f4e-0000-4000-8000-000000000007")
    house = House()
    house.take(TARIFF)
    house.take(HOURS)
    answer = house.take(asked(policy=replace(POLICY, target=stranger)))
    assert answer.status == 404
    house.state.meet(cloud_car(stranger, "Zoe"))
    met = house.engine.met(house.snapshot, house.now)
    assert [each.id for each in met.documents] == [stranger]
    assert house.state.policies[stranger].enabled


def test_a_schedule_of_the_installer_that_is_called_like_a_car_does_not_stand_in_its_way() -> None:
    house = House(replace(NIGHT, id=str(CAR), enabled=False))
    house.take(TARIFF)
    house.take(HOURS)
    assert house.take(asked()).status == 200
