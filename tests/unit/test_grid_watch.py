"""Orders of the grid operator: taken once, obeyed at the same tick, and written down for good."""

from dataclasses import replace
from datetime import timedelta

from agent.control.grid_watch import GridWatch
from agent.control.people import from_settings
from agent.model.intents import ChargerMode, GridLimit, GridPlan
from agent.model.limits import GridEntry, GridOrder, GridPeriod, GridWord, Scope
from agent.model.readings import PowerDelivery
from agent.store import Persisted
from tests.unit.engine_house import House
from tests.unit.house import (
    GARAGE,
    NOON,
    SETTINGS,
    battery,
    charger,
    charging,
    grid,
    snapshot,
)

RELAY = GridLimit(source="relay", scope=Scope.DEVICES, import_w=4200.0)
FREE = GridLimit(source="relay", scope=Scope.DEVICES)


def words(house: House) -> list[GridWord]:
    return [entry.word for entry in house.grid_log]


def fast() -> House:
    house = House(charger_mode=ChargerMode.FAST)
    house.later(1, charging(16.0, house.now.later(1)))
    return house


def test_an_order_reduces_the_charger_at_once_and_its_effect_is_written_down() -> None:
    house = fast()
    assert house.take(RELAY).status == 200
    house.later(1)
    assert house.sent[-1].device == GARAGE
    assert getattr(house.sent[-1], "max_current_a", None) == 6.0
    house.later(4, charging(6.0, house.now.later(4)))
    began, held = house.grid_log
    assert (began.word, held.word) == (GridWord.BEGAN, GridWord.HELD)
    assert began.reaction == {GARAGE: "charge at 6.0 A"}
    assert began.measured_w == 16.0 * 690
    assert (held.measured_w, held.after_s) == (6.0 * 690, 4.0)


def test_the_same_order_again_is_no_new_one() -> None:
    house = fast()
    house.take(RELAY)
    house.later(1)
    first = house.state.wishes.grid_orders
    house.take(RELAY)
    assert house.state.wishes.grid_orders == first
    house.take(replace(RELAY, import_w=8400.0))
    house.later(1, charging(6.0, house.now.later(1)))
    assert words(house).count(GridWord.BEGAN) == 2
    assert words(house).count(GridWord.ENDED) == 1


def test_what_is_not_kept_is_written_down_as_such_and_how_long() -> None:
    house = fast()
    house.take(RELAY)
    for _ in range(20):
        house.later(5, charging(16.0, house.now.later(5)))
    assert words(house) == [GridWord.BEGAN, GridWord.NOT_HELD]
    house.take(FREE)
    house.later(1, charging(16.0, house.now.later(1)))
    ended = house.grid_log[-1]
    assert ended.word is GridWord.ENDED
    assert ended.over_s is not None
    assert ended.over_s == 96
    assert ended.most_w == 16.0 * 690


def test_each_quarter_hour_tells_how_it_was_kept() -> None:
    house = fast()
    house.take(RELAY)
    for _ in range(200):
        house.later(5, charging(6.0, house.now.later(5)))
    assert words(house) == [GridWord.BEGAN, GridWord.HELD, GridWord.QUARTER]
    quarter = house.grid_log[-1]
    assert quarter.mean_w is not None
    assert abs(quarter.mean_w - 4140) < 100


def test_an_order_with_an_end_is_over_by_itself() -> None:
    house = fast()
    house.take(replace(RELAY, ends_at=house.now.at + timedelta(minutes=5)))
    house.later(1)
    house.later(400, charging(6.0, house.now.later(400)))
    house.later(1, charging(6.0, house.now.later(1)))
    assert words(house)[-1] is GridWord.ENDED
    assert getattr(house.sent[-1], "max_current_a", None) == 16.0


def test_an_order_survives_a_restart_and_goes_on() -> None:
    house = fast()
    house.take(RELAY)
    house.later(1)
    kept = Persisted(settings=house.state.rows())
    again = House(charger_mode=ChargerMode.FAST, persisted=kept, now=house.now)
    again.later(1, charger(again.now.later(1), PowerDelivery.STOPPED))
    assert words(again)[0] is GridWord.RESUMED
    assert getattr(again.sent[-1], "max_current_a", None) == 6.0


def test_an_order_that_ended_while_hearth_was_down_has_its_end_written_down_at_the_start() -> None:
    house = fast()
    ends_at = house.now.at + timedelta(minutes=5)
    house.take(replace(RELAY, ends_at=ends_at))
    house.later(1)
    kept = Persisted(settings=house.state.rows())
    again = House(charger_mode=ChargerMode.FAST, persisted=kept, now=house.now.later(3600))
    ticked = again.later(1, charging(16.0, again.now.later(1)))
    (ended,) = again.grid_log
    assert (ended.word, ended.order.ends_at, ended.mean_w) == (GridWord.ENDED, ends_at, None)
    assert ended.after_s == 300
    assert "while Hearth was not running, which found that at its start" in (ended.note or "")
    assert any("while Hearth was not running" in e.reason.sentence for e in ticked.journal)
    assert again.state.wishes.grid_orders == ()
    third = House(persisted=Persisted(settings=again.state.rows()), now=again.now)
    third.later(1)
    assert third.grid_log == []


def test_an_order_that_was_taken_back_before_the_first_look_has_its_end_written_down() -> None:
    house = fast()
    house.take(RELAY)
    house.later(1)
    kept = Persisted(settings=house.state.rows())
    again = House(charger_mode=ChargerMode.FAST, persisted=kept, now=house.now.later(60))
    again.take(FREE)
    again.later(1)
    (ended,) = again.grid_log
    assert (ended.word, "was taken back" in (ended.note or "")) == (GridWord.ENDED, True)


def test_an_end_while_down_is_written_down_once_the_clock_is_believed() -> None:
    house = fast()
    house.take(replace(RELAY, ends_at=house.now.at + timedelta(minutes=5)))
    house.later(1)
    kept = Persisted(settings=house.state.rows())
    later = house.now.later(3600)
    again = House(charger_mode=ChargerMode.FAST, persisted=kept, now=replace(later, trusted=False))
    again.later(1)
    assert words(again) == [GridWord.RESUMED]
    again.now = replace(again.now, trusted=True)
    again.later(1)
    assert words(again) == [GridWord.RESUMED, GridWord.ENDED]


def test_what_was_only_announced_and_is_taken_back_never_ended() -> None:
    house = fast()
    ahead = GridPeriod(import_w=4200.0, begins_at=house.now.at + timedelta(hours=2))
    house.take(GridPlan(source="relay", scope=Scope.DEVICES, periods=(ahead,)))
    house.later(1)
    kept = Persisted(settings=house.state.rows())
    again = House(charger_mode=ChargerMode.FAST, persisted=kept, now=house.now.later(60))
    again.later(1)
    again.take(FREE)
    again.later(1)
    assert again.grid_log == []


def test_a_limit_below_nothing_is_refused() -> None:
    answer = fast().take(replace(RELAY, import_w=-1.0))
    assert (answer.status, answer.problem) == (
        400,
        "a limit is never below 0 W; import and export are two limits",
    )


def test_an_unmeasured_charger_leaves_the_effect_unknown_not_zero() -> None:
    house = House(charger_mode=ChargerMode.FAST)
    house.later(1, charger(house.now.later(1), PowerDelivery.CHARGING))
    house.take(RELAY)
    house.later(1)
    assert house.grid_log[0].measured_w is None


def test_an_announced_order_begins_in_its_time_and_the_journal_tells_it() -> None:
    house = fast()
    begins_at = house.now.at + timedelta(seconds=60)
    period = GridPeriod(import_w=4200.0, begins_at=begins_at, ends_at=None)
    plan = GridPlan(source="cloud profile 7", scope=Scope.DEVICES, periods=(period,))
    assert house.take(plan).status == 200
    house.later(30, charging(16.0, house.now.later(30)))
    assert house.grid_log == []
    house.later(30, charging(16.0, house.now.later(30)))
    assert getattr(house.sent[-1], "max_current_a", None) == 6.0
    house.later(3, charging(6.0, house.now.later(3)))
    house.take(GridPlan(source="cloud profile 7", scope=Scope.DEVICES))
    house.later(1, charging(6.0, house.now.later(1)))
    assert words(house) == [GridWord.BEGAN, GridWord.HELD, GridWord.ENDED]
    said = [e for e in house.state.journal if e.device == "grid_operator"]
    limit = "limit of 4.2 kW for chargers and batteries together (cloud profile 7)"
    assert [entry.reason.sentence for entry in said] == [
        f"The grid operator limits the house to {limit.removeprefix('limit of ')}.",
        f"The grid operator's {limit} is kept, after 3 s.",
        f"The grid operator's {limit} is over.",
    ]


def test_an_order_that_begins_is_on_disk_with_its_settings() -> None:
    house = fast()
    period = GridPeriod(import_w=4200.0, begins_at=house.now.at + timedelta(seconds=60))
    house.take(GridPlan(source="p", scope=Scope.DEVICES, periods=(period,)))
    ticked = house.later(60, charging(16.0, house.now.later(60)))
    assert ticked.urgent is not None
    rows = dict(ticked.urgent.settings or {})
    (restored,) = from_settings(rows, house.state.wishes).grid_orders
    assert restored.begins_at is None


def test_feed_in_is_measured_at_the_meter_whatever_devices_take() -> None:
    for scope in Scope:
        limit = GridOrder(id="o", source="cloud", scope=scope, export_w=2000.0, began_at=NOON.at)
        watch = GridWatch()
        watch.step((), {}, SETTINGS, {}, NOON)
        seen = list[GridEntry]()
        for second in range(0, 90, 5):
            now = NOON.later(second)
            house = snapshot(grid(-6000.0, now), charger(now), battery(now, power_w=0.0))
            seen += watch.step((limit,), house, SETTINGS, {}, now)
        assert [each.word for each in seen] == [GridWord.BEGAN, GridWord.NOT_HELD], scope
        assert seen[-1].measured_w == -6000.0


def test_a_limit_of_both_directions_is_only_kept_when_both_are() -> None:
    both = GridOrder(
        id="o", source="cloud", scope=Scope.DEVICES, import_w=4200.0, export_w=0.0, began_at=NOON.at
    )
    watch = GridWatch()
    watch.step((), {}, SETTINGS, {}, NOON)
    for second, grid_w, kept in ((0, -3000.0, None), (5, -3000.0, None), (10, 0.0, True)):
        now = NOON.later(second)
        watch.step((both,), snapshot(grid(grid_w, now), charger(now)), SETTINGS, {}, now)
        assert watch.kept.get("o") is kept


def test_what_was_kept_and_is_not_any_more_is_written_down_and_told() -> None:
    house = fast()
    house.take(RELAY)
    for amps, ticks in ((6.0, 4), (16.0, 20), (6.0, 2)):
        for _ in range(ticks):
            house.later(5, charging(amps, house.now.later(5)))
        assert list(house.state.grid_watch.kept.values()) == [amps == 6.0]
    assert words(house) == [GridWord.BEGAN, GridWord.HELD, GridWord.NOT_HELD, GridWord.HELD]
