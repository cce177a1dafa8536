"""Forecasts in the living house: made each quarter of an hour, kept, scored each day."""

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from agent.forecasts import Outlook, Place
from agent.forecasts.quarters import PER_DAY, quarter_of, start_of
from agent.forecasts.solar import ClearSky
from agent.model.clock import Now
from agent.model.forecasts import Forecasts
from agent.model.readings import DeviceId
from agent.services.fetching import Declined, Down, Web
from agent.services.forecasts import ForecastJob, Home
from agent.services.forecasts.diary import TOPIC
from agent.services.sun.asking import DECLINED_S, Asking
from agent.services.sun.mapped import Keys
from agent.services.sun.source import BadAnswer, Judge
from agent.store.values import Bucket
from agent.watched import Watched
from drivers.mqtt_link import Server
from tests.notebook import Notebook
from tests.unit.test_price_job import LoopClock
from tests.virtual_time import run_virtual

BERLIN = Place(latitude_deg=52.52, longitude_deg=13.41)
START = datetime(2026, 6, 14, 22, 5, tzinfo=UTC)  # five past midnight in Berlin
SKY = ClearSky(BERLIN)
HOME = Home(timezone="Europe/Berlin", place=BERLIN, rated_w=6000, inverters=(DeviceId("roof"),))


def sun_w(quarter: int) -> float:
    return 4.0 * SKY(quarter)


def load_w(quarter: int) -> float:
    return 300.0 + 200.0 * math.sin(quarter * 2 * math.pi / PER_DAY)


class Store:
    """History that goes on for ever, with the quarters since which each series is recorded."""

    def __init__(self, house_since: datetime, roof_since: datetime) -> None:
        self.since = {
            ("house", "load_w"): (house_since, load_w),
            ("house", "production_w"): (house_since, sun_w),
            ("roof", "production_w"): (roof_since, sun_w),
        }
        self.asked: list[tuple[str, datetime]] = []
        self.known_s = 900

    async def history(
        self, device: DeviceId, series: str, start: datetime, end: datetime, step_s: int = 900
    ) -> Sequence[Bucket]:
        assert step_s == 900
        self.asked.append((series, start))
        since, of = self.since[device, series]
        quarters = range(quarter_of(max(start, since)), quarter_of(end))
        return [
            Bucket(start=start_of(q), mean=of(q), low=0, high=0, last=0, known_s=self.known_s)
            for q in quarters
        ]


class Feed:
    """A service that says what it is told to."""

    def __init__(self, outlook: Outlook | None = None) -> None:
        self.outlook = outlook
        self.remembered: datetime | None = None
        self.trouble: str | None = None

    def remember(self, made_at: datetime, now: Now) -> None:  # noqa: ARG002
        self.remembered = made_at

    async def ask(self, judge: Judge) -> Outlook | None:
        if self.outlook is None:
            return None
        self.trouble = judge(self.outlook)
        return None if self.trouble else self.outlook


def outlook(factor: float = 1.2, made_at: datetime = START, source: str = "Open-Meteo") -> Outlook:
    first = quarter_of(made_at)
    quarters = {q: factor * sun_w(q) for q in range(first - 8, first + 3 * PER_DAY)}
    return Outlook(source=source, made_at=made_at, quarters=quarters, spread={})


class House:
    def __init__(
        self,
        store: Store | None = None,
        notebook: Notebook | None = None,
        feed: Feed | None = None,
        start: datetime = START,
    ) -> None:
        long_ago = start - timedelta(days=100)
        self.store = store or Store(long_ago, long_ago)
        self.notebook = notebook or Notebook()
        self.clock = LoopClock(start)
        self.forecasts = Watched(Forecasts())
        self.job = ForecastJob(
            home=HOME,
            store=self.store,
            notebook=self.notebook,
            clock=self.clock,
            forecasts=self.forecasts,
            feed=feed,
        )

    @property
    def value(self) -> Forecasts:
        return self.forecasts.value

    async def live(self, days: float) -> None:
        """Only the quarters around midnight matter to most tests, so the rest is slept through."""
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(days * 86_400):
                await self.job.run()


def test_sun_and_load_are_foretold_from_the_first_moment() -> None:
    async def main() -> None:
        house = House()
        await house.job.once()
        value = house.value
        assert value.sun is not None
        assert value.load is not None
        assert len(value.sun.mean_w) == len(value.load.mean_w) >= 2 * PER_DAY
        whole = sum(sun_w(quarter_of(START) + n) for n in range(PER_DAY)) / 4
        assert value.sun_today_wh == pytest.approx(whole, rel=0.03)
        assert value.sun_tomorrow_wh == pytest.approx(whole, rel=0.03)

    run_virtual(main())


def test_a_house_without_history_knows_nothing_and_says_so() -> None:
    async def main() -> None:
        house = House(Store(START, START))
        await house.job.once()
        assert house.value == Forecasts()

    run_virtual(main())


def test_today_is_what_came_and_what_is_still_expected() -> None:
    async def main() -> None:
        noon = START + timedelta(hours=12)
        house = House(start=noon)
        await house.job.once()
        whole = sum(sun_w(quarter_of(START) + n) for n in range(PER_DAY)) / 4
        assert house.value.sun_today_wh == pytest.approx(whole, rel=0.03)

        late = House(Store(noon - timedelta(hours=2), noon - timedelta(hours=2)), start=noon)
        await late.job.once()
        assert late.value.sun is not None
        assert late.value.sun_today_wh is None  # nobody measured the morning

    run_virtual(main())


def test_the_inverters_history_counts_for_the_time_before_the_houses_own() -> None:
    async def main() -> None:
        house = House(Store(START, START - timedelta(days=30)))
        await house.job.once()
        assert house.value.load is None
        assert house.value.sun is not None

    run_virtual(main())


def test_quarters_that_are_mostly_silence_are_not_known() -> None:
    async def main() -> None:
        house = House()
        house.store.known_s = 300
        await house.job.once()
        assert house.value.load is None

    run_virtual(main())


def test_after_the_first_time_only_what_is_new_is_read() -> None:
    async def main() -> None:
        house = House()
        await house.job.once()
        house.store.asked.clear()
        await asyncio.sleep(900)
        await house.job.once()
        assert {series for series, _ in house.store.asked} == {"load_w", "production_w"}
        assert min(at for _, at in house.store.asked) > START - timedelta(hours=7)

    run_virtual(main())


@pytest.mark.long
def test_each_day_is_scored_once_against_what_came() -> None:
    async def main() -> None:
        house = House()
        await house.job.once()
        assert list(house.value.scores) == []
        for _ in range(3):
            await asyncio.sleep(86_400)
            await house.job.once()
            await asyncio.sleep(900)
            await house.job.once()
        scores = house.value.scores
        assert [(s.day, s.what) for s in scores] == [
            (date(2026, 6, day), what) for day in (15, 16, 17) for what in ("sun", "load")
        ]
        assert all(s.error_percent is not None and s.error_percent < 10 for s in scores)
        assert all(s.inside_percent > 80 for s in scores)

        again = House(notebook=house.notebook)
        await again.job._recall()
        await again.job.once()
        assert again.value.scores == scores

    run_virtual(main())


def test_a_day_that_was_half_over_at_the_start_is_not_scored() -> None:
    async def main() -> None:
        house = House(start=START + timedelta(hours=9))
        await house.job.once()
        await asyncio.sleep(15.1 * 3600)
        await house.job.once()
        assert list(house.value.scores) == []
        await asyncio.sleep(86_400)
        await house.job.once()
        assert {s.day for s in house.value.scores} == {date(2026, 6, 16)}

    run_virtual(main())


@pytest.mark.long
def test_a_service_is_corrected_by_the_meter_after_some_days() -> None:
    async def main() -> None:
        feed = Feed()
        house = House(feed=feed)
        for day in range(8):
            feed.outlook = outlook(made_at=START + timedelta(days=day))
            await house.job.once()
            await asyncio.sleep(2 * 3600)  # a day of UTC begins
            await house.job.once()
            await asyncio.sleep(22 * 3600)
        feed.outlook = outlook(made_at=START + timedelta(days=8))
        await house.job.once()
        sun = house.value.sun
        assert sun is not None
        assert sun.source == "Open-Meteo"
        noon = 11 * 4 + 8
        assert sun.mean_w[noon] == pytest.approx(
            sun_w(quarter_of(START + timedelta(days=8)) + noon), rel=0.05
        )

    run_virtual(main())


def test_an_absurd_forecast_changes_nothing_but_the_trouble() -> None:
    async def main() -> None:
        feed = Feed(outlook())
        house = House(feed=feed)
        await house.job.once()
        assert house.value.trouble is None
        await asyncio.sleep(900)
        feed.outlook = outlook(12.0, START + timedelta(minutes=15))
        await house.job.once()
        assert house.value.trouble is not None
        assert "check its unit" in house.value.trouble
        assert house.value.sun is not None
        assert house.value.sun.source == "Open-Meteo"
        assert max(house.value.sun.mean_w) < 6000

    run_virtual(main())


def test_the_last_good_forecast_outlives_a_restart_but_not_its_truth() -> None:
    async def main() -> None:
        first = House(feed=Feed(outlook()))
        await first.job.once()
        silent = Feed()
        second = House(notebook=first.notebook, feed=silent, start=START + timedelta(hours=20))
        await second.job._recall()
        await second.job.once()
        assert silent.remembered == START
        assert second.value.sun is not None
        assert second.value.sun.source == "Open-Meteo"
        await asyncio.sleep(2 * 86_400)
        await second.job.once()
        assert second.value.sun is not None
        assert second.value.sun.source.startswith("what the sun gave")

    run_virtual(main())


def test_what_another_service_had_said_corrects_nothing() -> None:
    async def main() -> None:
        feed = Feed(outlook())
        house = House(feed=feed)
        await house.job.once()
        assert any(key.startswith("said/") for _, key in house.notebook.notes)
        feed.outlook = outlook(source="Solcast", made_at=START + timedelta(days=1))
        await asyncio.sleep(86_400)
        await house.job.once()
        said = [key for _, key in house.notebook.notes if key.startswith("said/")]
        assert said == [f"said/{quarter_of(START + timedelta(days=1)) // PER_DAY}"]

        alone = House(notebook=house.notebook)
        await alone.job._recall()
        assert not any(key.startswith(("said/", "outlook")) for _, key in house.notebook.notes)

    run_virtual(main())


def test_a_damaged_note_is_as_if_it_were_not_there() -> None:
    async def main() -> None:
        house = House(feed=Feed())
        await house.notebook.write_note(TOPIC, "outlook", {"source": 3})
        await house.notebook.write_note(TOPIC, "scores", {"scores": [{"day": "monday"}]})
        await house.notebook.write_note(
            TOPIC, "issued", {"day": "2026-06-14", "bands": {"sun": []}}
        )
        await house.job._recall()
        assert house.notebook.notes == {}
        await house.job.once()
        assert house.value.sun is not None

    run_virtual(main())


def test_nothing_is_foretold_before_the_clock_is_set() -> None:
    async def main() -> None:
        house = House()
        house.clock.trusted = False
        await house.live(0.1)
        assert house.value == Forecasts()
        assert house.store.asked == []

    run_virtual(main())


class Service:
    """A source that answers what is next in line."""

    name, every_s = "Test service", 3600.0

    def __init__(self, *answers: Outlook | Exception) -> None:
        self.answers, self.asked_s = list(answers), list[float]()

    async def fetch(self, web: Web, now: datetime) -> Outlook:  # noqa: ARG002
        self.asked_s.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def asked_for_a_day(service: Service, judge: Judge = lambda _: None) -> Asking:
    clock = LoopClock(START)
    asking = Asking(service, Web(clock), clock)
    for _ in range(96):
        await asking.ask(judge)
        await asyncio.sleep(900)
    return asking


def pauses_s(service: Service) -> list[float]:
    return [b - a for a, b in zip(service.asked_s, service.asked_s[1:], strict=False)]


def test_a_service_is_asked_no_more_often_than_it_is_good_for() -> None:
    async def main() -> None:
        service = Service(outlook())
        asking = await asked_for_a_day(service)
        assert min(pauses_s(service)) >= 3600
        assert len(service.asked_s) > 15
        assert asking.trouble is None

    run_virtual(main())


def test_a_service_that_names_a_time_is_left_alone_until_then() -> None:
    async def main() -> None:
        service = Service(Down("429", 7200.0), outlook())
        await asked_for_a_day(service)
        assert 7200 <= pauses_s(service)[0] <= 8100

    run_virtual(main())


def test_an_outage_is_one_warning_and_one_line_on_return(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        with caplog.at_level(logging.INFO):
            service = Service(*[Down("it did not answer")] * 5, outlook())
            await asked_for_a_day(service)
        assert caplog.messages == [
            "solar forecast: it did not answer; Hearth goes on with what it knows",
            "solar forecast: Test service is of use again",
        ]
        waited = pauses_s(service)[:4]
        assert waited == sorted(waited)
        assert waited[0] <= 900
        assert waited[3] > 4000

    run_virtual(main())


def test_a_service_that_declines_is_hardly_asked() -> None:
    async def main() -> None:
        service = Service(Declined("check the key"))
        asking = await asked_for_a_day(service)
        assert min(pauses_s(service)) >= DECLINED_S
        assert asking.trouble == "check the key"
        unreadable = Service(BadAnswer("no JSON"))
        asking = await asked_for_a_day(unreadable)
        assert asking.trouble == "the answer of Test service cannot be read: no JSON"

    run_virtual(main())


def test_a_restart_burns_no_quota() -> None:
    async def main() -> None:
        service = Service(outlook())
        clock = LoopClock(START)
        asking = Asking(service, Web(clock), clock)
        asking.remember(START - timedelta(minutes=20), clock.now())
        assert await asking.ask(lambda _: None) is None
        await asyncio.sleep(2401)
        assert await asking.ask(lambda _: None) is not None

    run_virtual(main())


def test_what_comes_over_mqtt_is_taken_topic_by_topic() -> None:
    from agent.services.sun.listening import SunListener

    async def main() -> None:
        clock = LoopClock(START)
        server = Server(host="127.0.0.1", port=1883)
        keys = Keys(time="at", value="kw", low=None, high=None, length_s=1800.0)
        listener = SunListener(server, "hearth", ["today", "tomorrow"], keys, clock)
        assert await listener.ask(lambda _: None) is None
        listener.hear("today", b'[{"at": "2026-06-15T10:00:00Z", "kw": 2}]')
        listener.hear("tomorrow", b'[{"at": "2026-06-16T10:00:00Z", "kw": 3}]')
        listener.hear("tomorrow", b"gone")
        assert listener.trouble is not None
        assert "tomorrow" in listener.trouble
        heard = await listener.ask(lambda _: None)
        assert heard is not None
        assert sorted(heard.quarters.values()) == [2000, 2000, 3000, 3000]
        assert listener.trouble is None
        assert await listener.ask(lambda _: None) is None
        listener.hear("today", b'[{"at": "2026-06-15T10:00:00Z", "kw": 2}]')
        assert await listener.ask(lambda _: "not here; check it") is None
        assert listener.trouble == "not here; check it"

    run_virtual(main())


def test_the_same_again_is_no_news() -> None:
    from agent.services.sun.listening import SunListener

    async def main() -> None:
        keys = Keys(time="at", value="kw", low=None, high=None, length_s=1800.0)
        server = Server(host="127.0.0.1", port=1883)
        listener = SunListener(server, "hearth", ["sun"], keys, LoopClock(START))
        found = []
        for kilowatts in (2, 2, 3):
            listener.hear("sun", b'[{"at": "2026-06-15T10:00:00Z", "kw": %d}]' % kilowatts)
            found.append(listener.news.is_set())
            listener.news.clear()
        assert found == [True, False, True]
        assert await listener.ask(lambda _: None) is not None

    run_virtual(main())


def test_an_outlook_on_disk_is_the_same_afterwards() -> None:
    async def main() -> None:
        from agent.services.forecasts.diary import Diary

        notebook = Notebook()
        told = replace(outlook(), quarters={10: 5.0, 12: 7.0}, spread={12: (3.0, 9.0)})
        await Diary(notebook).keep_outlook(told)
        diary = Diary(notebook)
        await diary.recall()
        assert diary.outlook == told

    run_virtual(main())
