"""Limits: what may be written, when, and what the charger does when Hearth falls silent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model.clock import Now
from drivers.ocpp import v16_requests
from drivers.ocpp.composite import current_limit_a
from drivers.ocpp.forms import HOLD_S, TAIL_S, Form, base_profile, ladder, one_decimal_down
from drivers.ocpp.limits import Limiter, Rating, Write
from tests.examples import examples

START = Now(at=datetime(2026, 3, 1, 12, tzinfo=UTC), mono_s=1000.0)
FALLBACK_A = 6.0
UNLIMITED_A = 99.0


def limiter(forms: Sequence[Form] = (), **rating: Any) -> Limiter:
    usual: dict[str, Any] = {
        "connector": 1,
        "phases": 3,
        "min_a": 6.0,
        "max_a": 16.0,
        "fallback_a": FALLBACK_A,
    }
    return Limiter(Rating(**(usual | rating)), forms)


@dataclass
class Charger:
    """Applies profiles by the standard (OCPP 1.6 §3.13), written without a look at the driver.

    Args:
        takes: whether a form is accepted.
    """

    takes: tuple[str, ...] = ("TxDefaultProfile",)
    slots: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    def accept(self, write: Write) -> bool:
        profile = write.profile
        if profile["chargingProfilePurpose"] not in self.takes:
            return False
        self.slots[profile["chargingProfilePurpose"], profile["stackLevel"]] = profile
        return True

    def applies_a(self, at: datetime) -> float:
        """Per phase, at an instant: the highest stack level that says something."""
        for (_, _), profile in sorted(self.slots.items(), key=lambda slot: -slot[0][1]):
            limit_a = limit_at(profile, at)
            if limit_a is not None:
                return limit_a
        return UNLIMITED_A


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def limit_at(profile: dict[str, Any], at: datetime) -> float | None:
    if "validTo" in profile and not (
        instant(profile["validFrom"]) <= at < instant(profile["validTo"])
    ):
        return None
    schedule = profile["chargingSchedule"]
    elapsed_s = (at - instant(schedule["startSchedule"])).total_seconds()
    if elapsed_s < 0 or elapsed_s >= schedule.get("duration", float("inf")):
        return None
    periods = [p for p in schedule["chargingSchedulePeriod"] if p["startPeriod"] <= elapsed_s]
    limit: float = periods[-1]["limit"]
    return limit if schedule["chargingRateUnit"] == "A" else limit / 690


def write_all(one: Limiter, box: Charger, now: Now, *, car: bool = True) -> list[Write]:
    """Write everything that is due; return what was accepted."""
    done = []
    while (write := one.due(now, car=car, transaction_id=5)) is not None:
        if box.accept(write):
            one.accepted(write, now)
            done.append(write)
        else:
            one.declined(write)
    return done


@settings(deadline=None)
@given(st.floats(allow_nan=True, allow_infinity=True))
def test_an_allowed_limit_is_zero_or_charges_and_is_never_above_what_was_asked(a: float) -> None:
    allowed_a = limiter().rating.allowed_a(a)
    assert allowed_a == 0 or 6.0 <= allowed_a <= min(a, 16.0)
    assert round(allowed_a * 10) == pytest.approx(allowed_a * 10)


@settings(deadline=None)
@given(st.floats(0, 100))
def test_rounding_to_one_decimal_never_rounds_up(value: float) -> None:
    assert value - 0.1 < one_decimal_down(value) <= value


@settings(deadline=None)
@given(st.floats(0, 40))
def test_a_charger_with_steps_gets_the_step_below(a: float) -> None:
    allowed_a = limiter(steps_a=(6, 8, 10, 13, 16)).rating.allowed_a(a)
    assert allowed_a in (0, 6, 8, 10, 13, 16)
    assert allowed_a <= a


wishes = st.lists(
    st.tuples(
        st.floats(0, 40),  # wanted
        st.booleans(),  # gentle
        st.floats(1, 900),  # seconds until the next wish
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(wishes, st.sampled_from([(), ("TxDefaultProfile",), ("ChargePointMaxProfile",)]))
def test_the_charger_never_applies_more_than_was_last_wanted_or_the_fallback(
    steps: list[tuple[float, bool, float]], takes: tuple[str, ...]
) -> None:
    one, box, now = limiter(), Charger(takes=takes or ("TxProfile",)), START
    for wanted_a, gentle, pause_s in steps:
        one.want(wanted_a, gentle=gentle)
        write_all(one, box, now)
        bound_a = max(FALLBACK_A, one.rating.allowed_a(wanted_a))
        for share in (0.0, 0.5, 1.0):
            applied_a = box.applies_a(now.later(pause_s * share).at)
            assert applied_a <= bound_a + 1e-9
            assert applied_a == 0 or applied_a >= 6
        assert box.applies_a(now.at) <= one.rating.allowed_a(wanted_a) + 1e-9
        now = now.later(pause_s)


@settings(deadline=None)
@given(st.floats(6, 16), st.sampled_from(["TxDefaultProfile", "ChargePointMaxProfile"]))
def test_without_hearth_the_limit_falls_to_the_fallback(wanted_a: float, purpose: str) -> None:
    one, box = limiter(), Charger(takes=(purpose,))
    one.want(wanted_a)
    write_all(one, box, START)
    assert box.applies_a(START.later(HOLD_S - 1).at) == one.rating.allowed_a(wanted_a)
    for late_s in (HOLD_S + 1, HOLD_S + 61, HOLD_S + 300, 86_400):
        assert box.applies_a(START.later(late_s).at) == FALLBACK_A


@pytest.mark.parametrize("keep", ["dated", "ends", "periods"])
def test_each_way_to_end_suffices_for_a_charger_that_knows_only_that_one(keep: str) -> None:
    one, box = limiter(), Charger()
    one.want(16)
    write_all(one, box, START)
    profile = box.slots["TxDefaultProfile", 1]
    if keep != "dated":
        del profile["validFrom"], profile["validTo"]
    if keep != "ends":
        del profile["chargingSchedule"]["duration"]
    if keep != "periods":
        del profile["chargingSchedule"]["chargingSchedulePeriod"][1]
    assert box.applies_a(START.at) == 16
    assert box.applies_a(START.later(HOLD_S + 200).at) == FALLBACK_A


def validate(write: Write | None) -> None:
    assert write is not None
    v16_requests.set_charging_profile(write.connector, write.profile)


@examples(50)
@given(st.floats(0, 40))
def test_every_limit_keeps_the_schema_of_the_standard(wanted_a: float) -> None:
    one = limiter(max_a=32)
    one.want(wanted_a)
    validate(one.due(START, car=True))


def test_every_form_keeps_the_schema_of_the_standard() -> None:
    for form in ladder():
        one = limiter(forms=[form])
        one.want(13.7)
        validate(one.due(START, car=True, transaction_id=5))
        profile = base_profile(form, connector=1, fallback_a=6.0, phases=3, at=START.at)
        v16_requests.set_charging_profile(1, profile)


def test_nothing_is_written_until_somebody_wants_something() -> None:
    one = limiter()
    one.reconnected(START)
    assert one.due(START, car=True, transaction_id=5) is None


def test_a_limit_is_refreshed_at_half_its_life_only_while_a_car_is_connected() -> None:
    one, box = limiter(), Charger()
    one.want(10)
    write_all(one, box, START)
    assert one.due(START.later(299), car=True) is None
    assert one.due(START.later(301), car=True) is not None
    assert one.due(START.later(301), car=False) is None


def on_one_phase(form: Form) -> Limiter:
    one = limiter([form], switching=True)
    one.want(10.0, phases=1)
    write_all(one, Charger(), START)
    assert (one.held and one.held.phases) == 1
    return one


@pytest.mark.parametrize(
    ("form", "away_s"),
    [
        (Form(), HOLD_S), (Form(dated=False), HOLD_S + TAIL_S),
        (Form(dated=False, ends=False), None),
        (Form(relative=True, stack=0, dated=False, ends=False), None),
    ],
)  # fmt: skip
def test_who_was_away_until_its_limit_ended_is_on_all_phases_again_and_told_no_others(
    form: Form, away_s: float | None
) -> None:
    soon = on_one_phase(form)
    assert not soon.reconnected(START.later((away_s or 9e9) - 1))
    assert (soon.phases, soon.wanted_a) == (1, 10.0)
    if away_s is None:
        return
    back = START.later(away_s)
    one = on_one_phase(form)
    assert one.reconnected(back)
    write = one.due(back, car=True)
    assert write is not None
    periods = write.profile["chargingSchedule"]["chargingSchedulePeriod"]
    assert [(p["limit"], p["numberPhases"]) for p in periods] == [(FALLBACK_A, 3)] * 2


def test_a_pause_stays_one_however_long_the_charger_was_away() -> None:
    one = limiter(switching=True)
    one.want(0.0, phases=1)
    write_all(one, Charger(), START)
    assert one.reconnected(START.later(HOLD_S))
    assert one.wanted_a == 0.0


def test_a_gentle_raise_waits_a_minute_and_a_reduction_does_not() -> None:
    one, box = limiter(), Charger()
    one.want(10, gentle=True)
    write_all(one, box, START)
    one.want(12, gentle=True)
    assert one.due(START.later(59), car=True) is None
    assert one.due(START.later(60), car=True) is not None
    one.want(9.9, gentle=True)
    assert one.due(START.later(1), car=True) is not None


def test_a_small_gentle_raise_is_not_worth_a_write() -> None:
    one, box = limiter(), Charger()
    one.want(10, gentle=True)
    write_all(one, box, START)
    one.want(10.4, gentle=True)
    assert one.due(START.later(100), car=True) is None
    one.want(10.5, gentle=True)
    assert one.due(START.later(100), car=True) is not None


def test_a_resume_after_a_pause_does_not_wait() -> None:
    one, box = limiter(), Charger()
    one.want(0)
    write_all(one, box, START)
    one.want(6, gentle=True)
    assert one.due(START.later(1), car=True) is not None


def test_asking_again_for_a_limit_that_was_written_writes_it_again() -> None:
    one, box = limiter(), Charger()
    one.want(10)
    write_all(one, box, START)
    one.want(10)
    assert len(write_all(one, box, START.later(15))) == 1


def test_a_jump_of_the_wall_clock_renews_the_limit() -> None:
    one, box = limiter(), Charger()
    one.want(10)
    write_all(one, box, START)
    jumped = Now(at=START.at + timedelta(hours=2), mono_s=START.mono_s + 1)
    assert one.due(jumped, car=True) is not None
    assert one.due(START.later(1), car=True) is None


def test_a_charger_that_draws_more_than_it_accepted_gets_the_next_form() -> None:
    one, box = limiter(), Charger()
    one.want(10)
    write_all(one, box, START)
    before = one.form
    assert [one.measured(16.0, START.later(s)) for s in (30, 91, 101, 111)] == [
        False,
        False,
        False,
        True,
    ]
    assert one.form != before
    assert one.due(START.later(111), car=True) is not None


def test_a_charger_that_ignores_every_form_keeps_the_first() -> None:
    one, now = limiter(), START
    one.want(10)
    tried = []
    for _ in range(20):
        box = Charger(takes=("TxDefaultProfile", "ChargePointMaxProfile", "TxProfile"))
        write_all(one, box, now)
        tried.append(one.form)
        now = now.later(100)
        for _ in range(3):
            one.measured(16.0, now)
    assert len(set(tried)) == 7
    assert one.form == ladder()[0]
    assert tried[-2:] == [ladder()[0]] * 2


def test_a_wrong_clock_of_the_charger_leads_to_a_form_that_needs_none() -> None:
    one = limiter()
    one.want(10)
    one.choice.distrust_clock()
    write = one.due(START, car=True)
    assert write is not None
    assert write.profile["chargingProfileKind"] == "Relative"
    assert "startSchedule" not in write.profile["chargingSchedule"]


def test_a_refused_purpose_is_not_tried_in_other_shapes() -> None:
    one = limiter()
    one.want(10)
    write = one.due(START, car=True)
    assert write is not None
    one.declined(write, purpose_unknown=True)
    assert one.form == Form(purpose="TxDefaultProfile", whole_box=True)


def test_a_limit_of_the_whole_box_is_no_limit_of_one_of_its_chargers() -> None:
    assert not any(form.whole_box for form in ladder(alone=False))


@pytest.mark.parametrize(
    ("schedule", "limit_a"),
    [
        (
            {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]},
            10,
        ),
        (
            {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": -1}]},
            None,
        ),
        ({"chargingRateUnit": "A", "chargingSchedulePeriod": []}, None),
        ({"chargingRateUnit": "A", "chargingSchedulePeriod": "x"}, None),
        (
            {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1e9}]},
            None,
        ),
        (
            {
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0.4, "limit": "6900"}],
                "startSchedule": "2026-03-01T11:59:00Z",
                "duration": 900,
            },
            10,
        ),
        (
            {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": 16},
                    {"startPeriod": 60, "limit": 8},
                    {"startPeriod": 120, "limit": 6},
                ],
                "startSchedule": "2026-03-01T11:58:30Z",
                "duration": 900,
            },
            8,
        ),
        (None, None),
    ],
)
def test_the_limit_that_a_charger_states_is_believed_if_plausible(
    schedule: object, limit_a: float | None
) -> None:
    answer = {"status": "Accepted", "chargingSchedule": schedule}
    assert current_limit_a(answer, 3, START) == limit_a
