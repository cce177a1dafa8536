"""What a month of charging adds up to, and what nobody knows of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.control.tally import Tally
from agent.model.clock import Now
from agent.model.months import Month
from agent.model.picture import Session
from agent.model.prices import Prices, Slot
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery
from agent.months import ended_in, month_of, summed
from agent.plan.settings import PlanSettings
from agent.store import Persisted
from tests.unit.house import GARAGE, NOON, charger, charging, info, snapshot

OSLO = "Europe/Oslo"
ZOE, LEAF = DeviceId("zoe"), DeviceId("leaf")
JUNE = month_of(NOON.at, OSLO)
KNOWN = Session(
    id="known",
    charger=GARAGE,
    vehicle=ZOE,
    plugged_in_at=NOON.at - timedelta(hours=3),
    plugged_out_at=NOON.at - timedelta(hours=1),
    energy_wh=10_000.0,
    max_power_w=11_000.0,
    currency="EUR",
    cost=2.0,
    own_wh=2_500.0,
    accounted_wh=10_000.0,
    traced_wh=10_000.0,
    reference_cost=3.0,
)
UNKNOWN = replace(KNOWN, id="unknown", accounted_wh=4_000.0, traced_wh=4_000.0, reference_cost=None)


def june(*sessions: Session, of: DeviceId = GARAGE) -> Month:
    return summed(JUNE, sessions)[of]


def test_sessions_add_up_by_charger_and_by_car() -> None:
    other = replace(KNOWN, id="other", vehicle=LEAF, energy_wh=10_000.0, own_wh=7_500.0)
    guest = replace(KNOWN, id="guest", vehicle=None)
    months = summed(JUNE, (KNOWN, other, guest))
    box = months[GARAGE]
    assert (box.sessions, box.energy_wh, box.cost, box.saving) == (3, 30_000.0, 6.0, 3.0)
    assert box.own_share == pytest.approx(12_500 / 30_000)
    assert {each: months[each].cost for each in (ZOE, LEAF)} == {ZOE: 2.0, LEAF: 2.0}
    assert len(months) == 3


def test_one_session_of_unknown_cost_leaves_the_month_without_and_says_how_much_it_is() -> None:
    for order in ((KNOWN, UNKNOWN), (UNKNOWN, KNOWN)):
        month = june(*order)
        assert (month.cost, month.saving, month.own_share) == (None, None, None)
        assert (month.energy_wh, month.unaccounted_wh) == (20_000.0, 6_000.0)


def test_currencies_are_never_added() -> None:
    crowns = replace(KNOWN, id="nok", currency="NOK", cost=20.0)
    for order in ((KNOWN, crowns), (crowns, KNOWN, crowns)):
        month = june(*order)
        assert (month.cost, month.reference_cost, month.saving) == (None, None, None)
        assert month.own_share == pytest.approx(0.25)


def test_a_plug_in_without_a_charge_is_no_session_and_costs_nothing() -> None:
    idle = replace(KNOWN, id="idle", energy_wh=None, max_power_w=None, cost=None, accounted_wh=0.0)
    month = june(KNOWN, idle, replace(idle, energy_wh=10.0))
    assert (month.sessions, month.energy_wh, month.cost) == (1, 10_010.0, 2.0)


def test_energy_that_flowed_and_that_nobody_counted_is_not_zero() -> None:
    uncounted = replace(KNOWN, id="uncounted", energy_wh=None, cost=None, accounted_wh=0.0)
    month = june(KNOWN, uncounted)
    assert (month.energy_wh, month.cost, month.own_share) == (None, None, None)


def test_a_month_begins_at_midnight_on_the_clock_of_the_house() -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # half past midnight in Oslo
    assert (month_of(late, OSLO).name, month_of(late, "UTC").name) == ("2026-11", "2026-10")
    assert month_of(late, OSLO).start == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert JUNE.start == datetime(2026, 5, 31, 22, tzinfo=UTC)


def test_a_session_counts_in_the_month_in_which_it_ends() -> None:
    over = replace(KNOWN, plugged_out_at=JUNE.start + timedelta(seconds=1))
    before = replace(KNOWN, plugged_out_at=JUNE.start - timedelta(seconds=1))
    running = replace(KNOWN, plugged_out_at=None)
    assert [ended_in(JUNE, each, OSLO) for each in (over, before, running)] == [True, False, False]


@given(st.lists(st.sampled_from([KNOWN, UNKNOWN, replace(KNOWN, vehicle=LEAF)]), max_size=12))
def test_it_does_not_matter_when_a_sum_is_made(sessions: list[Session]) -> None:
    for cut in range(len(sessions) + 1):
        first = summed(JUNE, sessions[:cut])
        assert summed(JUNE, sessions[cut:], first) == summed(JUNE, sessions)


def tally(*ended: Session, running: Session | None = None) -> Tally:
    settings = PlanSettings(devices=(info(GARAGE, DeviceKind.CHARGER),))
    kept = Persisted(ended=ended, sessions=() if running is None else (running,))
    return Tally(settings, kept, NOON, OSLO)


def test_this_month_is_what_ended_in_it_and_what_runs() -> None:
    may = replace(KNOWN, id="may", plugged_out_at=JUNE.start - timedelta(hours=1))
    running = replace(KNOWN, id="running", plugged_out_at=None, energy_wh=5_000.0)
    running = replace(running, plugged_in_at=JUNE.start - timedelta(days=2))
    living = tally(may, KNOWN, running=running)
    month, months = living.months(NOON)
    assert month is not None
    assert (month.name, months[ZOE].sessions, months[ZOE].energy_wh) == ("2026-06", 2, 15_000.0)
    assert living.latest == {GARAGE: running, ZOE: running}


def test_a_session_that_ends_stays_in_its_month_and_is_the_last_one() -> None:
    running = replace(KNOWN, id="running", plugged_out_at=None)
    living = tally(KNOWN, running=running)
    living.account(snapshot(charger(NOON, PowerDelivery.UNPLUGGED)), NOON)
    assert living.months(NOON)[1][GARAGE].energy_wh == 20_000.0
    assert living.latest[ZOE].id == "running"
    assert living.latest[ZOE].plugged_out_at == NOON.at
    july = NOON.later(40 * 86_400)
    assert living.months(july)[1] == {}


def test_nobody_tells_a_month_while_the_clock_is_not_set() -> None:
    unset = Now(at=NOON.at, mono_s=NOON.mono_s, trusted=False)
    assert tally(KNOWN).months(unset) == (None, {})


def test_a_short_stop_leaves_no_gap_in_the_accounts_and_a_long_one_does() -> None:
    running = replace(KNOWN, plugged_out_at=None, meter_start_wh=0.0)
    now = NOON.later(60)
    begin, end = NOON.later(-3600).at, NOON.later(3600).at
    flat = Slot(start=begin, end=end, import_per_kwh=0.3, export_per_kwh=0.1)
    for away_s, accounted_wh in ((120.0, 11_000.0), (3600.0, 10_000.0)):
        kept = Persisted(sessions=(running,), last_at=NOON.later(-away_s).at)
        settings = PlanSettings(devices=(info(GARAGE, DeviceKind.CHARGER),))
        living = Tally(settings, kept, NOON, OSLO)
        counted = replace(charging(16.0, now), energy_wh=11_000.0)
        living.account(snapshot(counted), now, Prices(currency="EUR", slots=(flat,)))
        assert living.sessions[GARAGE].energy_wh == 11_000.0
        assert living.sessions[GARAGE].accounted_wh == accounted_wh
