"""Who may use a bus next, and how long a silent unit is left alone."""

import asyncio

import pytest

from drivers.modbus.backoff import LONGEST_S, Backoff, stretched
from drivers.modbus.turns import PASSED_OVER_MAX, Priority, Turns
from tests.virtual_time import run_virtual


async def no_pause() -> None:
    await asyncio.sleep(0)


async def hold(turns: Turns, priority: Priority, done: list[Priority], held_s: float = 1) -> None:
    async with turns.turn(priority, no_pause):
        await asyncio.sleep(held_s)
        done.append(priority)


def test_a_write_goes_before_all_that_wait() -> None:
    async def main() -> None:
        turns, done = Turns(), list[Priority]()
        async with asyncio.TaskGroup() as group:
            for priority in (Priority.SLOW, Priority.SLOW, Priority.FAST):
                group.create_task(hold(turns, priority, done))
            await asyncio.sleep(0.5)
            group.create_task(hold(turns, Priority.WRITE, done))
        assert done == [Priority.FAST, Priority.WRITE, Priority.SLOW, Priority.SLOW]

    run_virtual(main())


def test_a_write_that_comes_during_the_pause_between_two_requests_goes_first() -> None:
    async def main() -> None:
        turns, done = Turns(), list[Priority]()

        async def slow_with_pause() -> None:
            async with turns.turn(Priority.SLOW, lambda: asyncio.sleep(10)):
                done.append(Priority.SLOW)

        async with asyncio.TaskGroup() as group:
            group.create_task(slow_with_pause())
            await asyncio.sleep(1)
            group.create_task(hold(turns, Priority.WRITE, done))
        assert done == [Priority.WRITE, Priority.SLOW]

    run_virtual(main())


def test_a_slow_request_is_not_passed_over_for_ever() -> None:
    async def main() -> None:
        turns, done = Turns(), list[Priority]()
        async with asyncio.TaskGroup() as group:
            group.create_task(hold(turns, Priority.FAST, done))
            await asyncio.sleep(0.1)
            group.create_task(hold(turns, Priority.SLOW, done))
            for _ in range(3 * PASSED_OVER_MAX):
                group.create_task(hold(turns, Priority.FAST, done))
        assert done.index(Priority.SLOW) == PASSED_OVER_MAX

    run_virtual(main())


def test_whoever_is_cancelled_while_waiting_blocks_nobody() -> None:
    async def main() -> None:
        turns, done = Turns(), list[Priority]()
        async with asyncio.TaskGroup() as group:
            group.create_task(hold(turns, Priority.FAST, done))
            await asyncio.sleep(0.5)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await hold(turns, Priority.FAST, done)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.31):  # has its turn by then
                    await hold(turns, Priority.FAST, done)
            group.create_task(hold(turns, Priority.SLOW, done))
        assert done == [Priority.FAST, Priority.SLOW]

    run_virtual(main())


def test_a_silent_unit_is_left_alone_longer_and_longer_up_to_five_minutes() -> None:
    backoff, pauses = Backoff(), []
    for _ in range(200):
        backoff.failed(now_s=1000.0, cost_s=0.5)
        pauses.append(backoff.until_s - 1000.0)
    assert pauses[:3] == [2.0, 4.0, 6.0]
    assert pauses[-1] == LONGEST_S
    backoff.answered()
    assert backoff.ready(0.0)


def test_a_silent_unit_takes_at_most_a_quarter_of_the_bus() -> None:
    backoff = Backoff()
    backoff.failed(now_s=0.0, cost_s=10.0)
    assert backoff.until_s == 30.0


def test_a_poll_that_takes_longer_than_its_interval_stretches_it() -> None:
    assert stretched(5.0, 4.0) == 5.0
    assert stretched(5.0, 6.0) == 9.0
