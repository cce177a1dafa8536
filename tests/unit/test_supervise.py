"""A link that hangs is begun anew; one that has nothing to say is left alone."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.control.pulse import Gone, Pulse, sentence
from agent.model.clock import Now
from agent.model.driver import DeviceInfo, LinkDown, Report
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind, MeterReading, Reading
from agent.model.snapshot import seen
from agent.supervise import keep_running, patience_s, run_while_heard, watchdog_s
from tests.virtual_time import run_virtual

AT = datetime(2026, 6, 1, tzinfo=UTC)
GRID = DeviceId("grid")


def info(name: str, kind: DeviceKind, poll_s: float | None = None) -> DeviceInfo:
    return DeviceInfo(id=DeviceId(name), kind=kind, name=name, driver="test", poll_s=poll_s)


def word(*, reachable: bool | None = None) -> MeterReading:
    return MeterReading(device=GRID, at=AT, mono_s=0.0, power_w=1.0, reachable=reachable)


class Heard:
    """Counts what arrives."""

    def __init__(self) -> None:
        self.count = 0

    async def report(self, _reading: Reading) -> None:
        self.count += 1


def test_a_driver_that_hangs_is_begun_anew_and_one_outage_is_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard = Heard()

    async def poll_twice_and_hang(report: Report) -> None:
        for _ in range(2):
            await report(word())
            await asyncio.sleep(10)
        await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(600):
                await keep_running(
                    "grid", lambda: run_while_heard(poll_twice_and_hang, heard.report, 120.0)
                )

    run_virtual(main())
    assert heard.count == 10
    assert set(caplog.messages) == {
        "grid is down: its driver hung, nothing was heard for 120 s; will keep trying"
    }


@pytest.mark.parametrize("goodbye", [False, True], ids=["while it runs", "as it says goodbye"])
def test_a_link_that_is_lost_in_the_instant_of_a_stop_is_not_begun_anew(goodbye: bool) -> None:  # noqa: FBT001
    """Before Python 3.13 a TaskGroup with an error forgets that it was cancelled."""

    async def main() -> None:
        lost, begun = asyncio.Event(), 0

        async def listen() -> None:
            try:
                await lost.wait()
            finally:
                raise LinkDown("the broker is gone")

        async def link() -> None:
            nonlocal begun
            begun += 1
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(listen())
                await asyncio.sleep(3600)

        running = asyncio.create_task(keep_running("cloud", link))
        await asyncio.sleep(1)
        if not goodbye:
            lost.set()
        running.cancel()
        await asyncio.wait([running], timeout=60)
        ended = running.cancelled()
        running.cancel()
        assert (ended, begun) == (True, 1)

    run_virtual(main())


def test_a_link_of_several_tasks_is_begun_anew_whenever_one_of_them_fails() -> None:
    """Python 3.11 leaves a cancellation of its own on whoever waits at the end of a TaskGroup."""

    async def main() -> None:
        begun = 0

        async def link() -> None:
            nonlocal begun
            begun += 1
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(asyncio.sleep(3600))
                tasks.create_task(fail())

        async def fail() -> None:
            await asyncio.sleep(1)
            raise LinkDown("the broker is gone")

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(600):
                await keep_running("cloud", link)
        assert begun > 5

    run_virtual(main())


def test_a_driver_that_is_heard_runs_for_ever() -> None:
    heard = Heard()

    async def poll(report: Report) -> None:
        while True:
            await report(word())
            await asyncio.sleep(100)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await run_while_heard(poll, heard.report, 120.0)

    run_virtual(main())
    assert heard.count == 36


def test_a_device_that_was_given_up_may_be_silent_until_it_speaks_again() -> None:
    heard = Heard()

    async def lost_for_a_night(report: Report) -> None:
        await report(word(reachable=False))
        await asyncio.sleep(8 * 3600)
        await report(word(reachable=True))
        await asyncio.Event().wait()

    async def main() -> None:
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(LinkDown):
            await run_while_heard(lost_for_a_night, heard.report, 120.0)
        assert asyncio.get_running_loop().time() - began_s == pytest.approx(8 * 3600 + 120)

    run_virtual(main())
    assert heard.count == 2


def test_a_time_out_of_the_driver_itself_is_not_taken_for_a_hanging_one() -> None:
    async def forgets_to_catch(_report: Report) -> None:
        raise TimeoutError

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await run_while_heard(forgets_to_catch, Heard().report, 120.0)

    run_virtual(main())


@pytest.mark.parametrize(
    ("devices", "expected_s"),
    [
        ([info("grid", DeviceKind.METER, 1.0)], 120.0),
        ([info("grid", DeviceKind.METER, 60.0), info("roof", DeviceKind.INVERTER, 5.0)], 1200.0),
        ([info("grid", DeviceKind.METER, None)], None),
        ([info("garage", DeviceKind.CHARGER, 60.0)], None),
        ([info("grid", DeviceKind.METER, 1.0), info("garage", DeviceKind.CHARGER)], None),
        ([], None),
    ],
)
def test_only_links_that_poll_are_expected_to_speak(
    devices: list[DeviceInfo], expected_s: float | None
) -> None:
    assert patience_s(devices) == expected_s


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """The process's own, as systemd would have filled it; put back afterwards."""
    before = dict(os.environ)
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID", "NOTIFY_SOCKET"):
        os.environ.pop(name, None)
    yield os.environ  # type: ignore[misc]
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize(
    ("given", "expected_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": ""}, None),
    ],
)
def test_what_systemd_wants_is_read_from_its_variables(
    given: dict[str, str], expected_s: float | None, environment: dict[str, str]
) -> None:
    environment |= given
    assert watchdog_s() == expected_s


def test_ticks_come_often_enough_for_a_short_watchdog(environment: dict[str, str]) -> None:
    assert Pulse().tick_s == 10.0
    environment["WATCHDOG_USEC"] = "2000000"
    assert Pulse().tick_s == 0.5


def test_no_sign_of_life_is_given_for_a_house_with_a_task_missing() -> None:
    async def vanish() -> None:
        await asyncio.sleep(1)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(vanish(), name=name) for name in ("store", "grid")]
            before, after = Pulse(), Pulse()
            for pulse in (before, after):
                pulse.watch(tasks)
            before.beat(picture())
            tasks[1].cancel()
            await asyncio.sleep(0.5)
            with pytest.raises(Gone, match="the task grid ended by itself"):
                after.beat(picture())

    run_virtual(main())


def picture() -> Picture:
    grid, yard = info("grid", DeviceKind.METER), info("yard", DeviceKind.CHARGER)
    return Picture(now=Now(at=AT, mono_s=0.0), devices=(grid, yard), started_at=AT)


def test_the_status_line_counts_who_answers_and_names_who_does_not() -> None:
    house = picture()
    assert sentence(house) == "0 of 2 devices answer; not there: grid, yard"
    house = replace(house, snapshot={GRID: seen(word())})
    assert sentence(house) == "1 of 2 devices answer; not there: yard"
    house = replace(house, snapshot={GRID: seen(word(reachable=False))}, store_problem="disk full")
    assert sentence(house) == "0 of 2 devices answer; not there: grid, yard; disk full"
    many = tuple(info(f"m{number}", DeviceKind.METER) for number in range(5))
    assert sentence(replace(picture(), devices=many)).endswith("not there: m0, m1, m2 and 2 more")
    assert sentence(replace(picture(), devices=())) == "Waiting for the first device"
