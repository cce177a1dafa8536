"""What the status document says of smart charging."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.bridges.status import document
from agent.model.readings import DeviceKind
from agent.model.smart import SmartPolicy, SmartState, SmartStatus
from tests.documents import AT, NOW, PLAN
from tests.unit.document_house import ZOE, picture

POLICY = SmartPolicy(target=ZOE, enabled=True, deadlines=(420,) * 5 + (None, 540))
STATUS = SmartStatus(
    device=ZOE,
    device_kind=DeviceKind.VEHICLE,
    state=SmartState.STOPPED,
    changed_at=AT,
    updated_at=AT,
    plan=PLAN,
)


def test_the_plan_that_runs_says_by_when_when_next_and_for_how_much() -> None:
    first = PLAN.windows[0]
    now = replace(NOW, at=first.start - timedelta(hours=1))
    house = replace(picture(policies={ZOE: POLICY}, smart={ZOE: STATUS}), now=now)
    (shown,) = document(house)["smartCharging"]
    assert (shown["deviceId"], shown["isEnabled"]) == (ZOE, True)
    assert shown["deadlines"] == "07:00 on weekdays, 09:00 on Sunday"
    assert shown["state"] == "PLAN:EXECUTING:STOPPED"
    assert shown["readyBy"] == shown["plan"]["deadline"]
    assert shown["nextStartAt"] == first.start.isoformat()
    assert shown["plan"]["cost"] == PLAN.smart_cost
    assert shown["plan"]["costAtOnce"] == PLAN.non_smart_cost


@pytest.mark.parametrize("state", [SmartState.CONSIDERING, SmartState.FULLY_CHARGED])
def test_between_plans_the_next_deadline_is_shown_and_the_last_plan(state: SmartState) -> None:
    over = replace(PLAN, ended_at=AT, final_state=SmartState.FINISHED)
    stands = replace(STATUS, state=state, plan=over, problem="zoe is not plugged in")
    (shown,) = document(picture(policies={ZOE: POLICY}, smart={ZOE: stands}))["smartCharging"]
    assert shown["readyBy"] is not None
    assert shown["nextStartAt"] is None
    assert shown["plan"]["finalState"] == "PLAN:ENDED:FINISHED"
    assert shown["problem"] == "zoe is not plugged in"


def test_a_car_without_a_policy_is_disabled_and_promises_nothing() -> None:
    stands = replace(STATUS, state=SmartState.DISABLED, plan=None)
    (shown,) = document(picture(smart={ZOE: stands}))["smartCharging"]
    assert (shown["isEnabled"], shown["state"]) == (False, "DISABLED")
    assert (shown["readyBy"], shown["plan"], shown["deadlines"]) == (None, None, "none")


def test_without_a_clock_no_deadline_is_told_between_plans() -> None:
    stands = replace(STATUS, state=SmartState.CONSIDERING, plan=None)
    house = picture(policies={ZOE: POLICY}, smart={ZOE: stands})
    house = replace(house, now=replace(NOW, trusted=False))
    (shown,) = document(house)["smartCharging"]
    assert shown["readyBy"] is None
