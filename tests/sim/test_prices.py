"""Prices over real HTTP: tags, quotas, garbage, silence, and a service that is not there."""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from agent.model.clock import Now
from agent.services.fetching import Declined, Down, Request, Web
from agent.services.prices import Keeper, PriceJob, Publication, Span, build
from agent.services.prices.keeper import Kept
from agent.services.prices.octopus import Octopus
from agent.tariffs import MarketPrices, known_until
from agent.watched import Watched
from tests.notebook import Notebook
from tests.sim.http_service import Asked, HttpService, Reply, http_service
from tests.unit.test_price_sources import body

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
DAY = Span(first=date(2026, 11, 21), last=date(2026, 11, 21), publication=Publication())


@dataclass
class HouseClock:
    """House time stands still but for its sleeps, which are as short as a test can stand."""

    at: datetime = NOW
    slept_s: float = 0.0

    def now(self) -> Now:
        return Now(at=self.at, mono_s=self.slept_s)

    async def sleep(self, seconds: float) -> None:
        self.slept_s += seconds
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0.01)


CLOCK = HouseClock()


def hours(count: int = 24, start: str = "2026-11-20T23:00:00+00:00") -> bytes:
    begin = datetime.fromisoformat(start)
    rows = [
        {
            "start_timestamp": int((begin + timedelta(hours=i)).timestamp() * 1000),
            "end_timestamp": int((begin + timedelta(hours=i + 1)).timestamp() * 1000),
            "marketprice": 100.0 + i,
            "unit": "Eur/MWh",
        }
        for i in range(count)
    ]
    return orjson.dumps({"data": rows})


def awattar(service: HttpService) -> dict[str, str]:
    return {"zone": "DE", "url": service.url}


@asynccontextmanager
async def living(job: PriceJob) -> AsyncIterator[None]:
    task = asyncio.create_task(job.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition: object, within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_the_whole_path_from_a_busy_garbled_service_to_known_prices(
    caplog: pytest.LogCaptureFixture,
) -> None:
    replies = [
        Reply(status=429, headers={"Retry-After": "1200"}),
        Reply(body=b"<html>maintenance</html>"),
        Reply(status=503),
        Reply(body=hours(), cut=True),
        Reply(body=b'{"data": []}'),
        Reply(body=hours()),
    ]

    def answer(_asked: Asked) -> Reply:
        return replies.pop(0) if replies else Reply(status=404)

    clock, market = HouseClock(), Watched(MarketPrices(source="aWATTar DE"))
    kept = Kept(name="aWATTar DE", key="awattar de", currency="EUR")
    notebook = Notebook()
    async with http_service(answer) as service:
        source = build("awattar", "EUR", "Europe/Berlin", awattar(service))
        keeper = Keeper(kept, notebook, clock, market)
        job = PriceJob(source, keeper, Web(clock), clock, least_real_pause_s=0.0)
        async with living(job):
            await until(lambda: len(market.value.points) == 24)
    assert known_until(market.value.points, NOW) == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert clock.slept_s >= 1200 + 4 * 300
    assert market.value.trouble is None
    assert len(notebook.notes) == 2
    told = [each.message for each in caplog.records if each.levelno >= logging.WARNING]
    assert told[0].startswith("aWATTar DE: 127.0.0.1 answers 429")


async def test_what_has_not_changed_is_not_sent_again() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"v1"':
            return Reply(status=304)
        return Reply(body=hours(), headers={"ETag": '"v1"'})

    async with http_service(answer) as service:
        web, request = Web(CLOCK), Request(url=f"{service.url}/prices")
        first, second = await web.ask(request), await web.ask(request)
    assert first == second
    assert "if-none-match" not in service.asked[0].headers
    assert service.asked[1].headers["if-none-match"] == '"v1"'


async def test_a_slow_service_a_dead_one_and_one_that_is_far_too_talkative() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(Down, match=r"127\.0\.0\.1 cannot be reached"):
            await Web(CLOCK).ask(Request(url=dead))
    async with http_service(lambda _asked: Reply(after_s=1.0)) as slow:
        with pytest.raises(Down, match=r"did not answer within 0\.1 s"):
            await Web(CLOCK, within_s=0.1).ask(Request(url=slow.url))
    async with http_service(lambda _asked: Reply(body=b"x" * 5_000_000)) as talkative:
        with pytest.raises(Declined, match="more than 4 MB"):
            await Web(CLOCK).ask(Request(url=talkative.url))


async def test_a_wrong_token_is_declined_and_never_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with http_service(lambda _asked: Reply(status=401)) as service:
        options = {"zone": "DE-LU", "token": "s3cret", "url": service.url}
        with pytest.raises(Declined, match=r"127\.0\.0\.1 answers 401 Said; check the token"):
            await build("entsoe", "EUR", "UTC", options).fetch(Web(CLOCK), DAY)
        with pytest.raises(Declined, match="cannot be sent"):
            await Web(CLOCK).ask(Request(url=service.url, headers={"X": "s3cret\n"}))
    assert "securityToken=s3cret" in service.asked[0].path
    assert "s3cret" not in caplog.text


async def test_a_date_in_retry_after_is_understood() -> None:
    headers = {"Retry-After": "Sat, 21 Nov 2026 09:30:00 GMT"}
    async with http_service(lambda _asked: Reply(status=503, headers=headers)) as service:
        with pytest.raises(Down) as caught:
            await Web(CLOCK).ask(Request(url=service.url))
    assert caught.value.again_after_s == 1800


@pytest.mark.parametrize(
    ("kind", "currency", "options", "file", "asked"),
    [
        ("entsoe", "EUR", {"zone": "DE-LU", "token": "t"}, "entsoe_none.xml",
         "in_Domain=10Y1001A1001A82H&out_Domain=10Y1001A1001A82H&periodStart=202611202300&periodEnd"),
        ("energy-charts", "EUR", {"zone": "DE-LU"}, "energy_charts.json",
         "/price?bzn=DE-LU&start=2026-11-21&end=2026-11-21"),
        ("awattar", "EUR", {"zone": "AT"}, "awattar.json",
         "/v1/marketdata?start=1795215600000&end=1795302000000"),
        ("tibber", "EUR", {"token": "t"}, "tibber.json", "/"),
        ("energinet", "DKK", {"zone": "DK1"}, "energinet.json",
         "/dataset/DayAheadPrices?start=2026-11-21&end=2026-11-22&filter="),
        ("hvakosterstrommen", "NOK", {"zone": "NO1"}, "hvakosterstrommen.json",
         "/api/v1/prices/2026/11-21_NO1.json"),
        ("elprisetjustnu", "SEK", {"zone": "SE3"}, "elprisetjustnu.json",
         "/api/v1/prices/2026/11-21_SE3.json"),
        ("home-assistant", "SEK", {"token": "t", "entity": "sensor.np"},
         "home_assistant_nordpool.json", "/api/states/sensor.np"),
        ("nordpool", "SEK", {"token": "t", "contract": "e", "zone": "SE3"},
         "home_assistant_action.json",
         "/api/services/nordpool/get_prices_for_date?return_response"),
    ],
)  # fmt: skip
async def test_each_source_asks_as_its_service_is_documented(
    kind: str, currency: str, options: dict[str, str], file: str, asked: str
) -> None:
    async with http_service(lambda _asked: Reply(body=body(file))) as service:
        source = build(kind, currency, "UTC", {**options, "url": service.url})
        quote = await source.fetch(Web(CLOCK), DAY)
    assert quote.currency == currency
    assert asked in service.asked[0].path
    assert quote.points or "none" in file
    if "token" in options and kind != "entsoe":
        assert service.asked[0].headers["authorization"] == "Bearer t"


async def test_octopus_pages_are_followed_at_its_own_host_only() -> None:
    def answer(asked: Asked) -> Reply:
        if "page=2" in asked.path:
            return Reply(body=body("octopus_page2.json"))
        page = body("octopus_page1.json")
        return Reply(body=page.replace(b"https://api.octopus.energy", service.url.encode()))

    async with http_service(answer) as service:
        source = Octopus(product="AGILE-24-10-01", region="C", url=service.url)
        quote = await source.fetch(Web(CLOCK), DAY)
    assert len(quote.points) == 46
    assert "E-1R-AGILE-24-10-01-C/standard-unit-rates/?period_from=2026-11-20" in (
        service.asked[0].path
    )


async def test_a_table_comes_from_the_web_by_its_date_or_from_disk(tmp_path: object) -> None:
    file = f"{tmp_path}/prices.csv"
    options = {
        "unit": "EUR/MWh",
        "start_field": "time",
        "cost_field": "EUR/MWh",
        "time_format": "%d.%m.%Y %H:%M",
        "timezone": "Europe/Berlin",
        "delimiter": "semicolon",
    }
    async with http_service(lambda _asked: Reply(body=body("table_local.csv"))) as service:
        address = f"{service.url}/{{first:%Y/%m-%d}}.csv"
        source = build("table", "EUR", "UTC", {"address": address, **options})
        quote = await source.fetch(Web(CLOCK), DAY)
    assert service.asked[0].path == "/2026/11-21.csv"
    assert len(quote.points) == 25
    local = build("table", "EUR", "UTC", {"address": file, **options})
    with pytest.raises(Down, match="there is no file"):
        await local.fetch(Web(CLOCK), DAY)
    with open(file, "wb") as opened:  # noqa: ASYNC230, PTH123 -- a few hundred bytes
        opened.write(body("table_local.csv"))
    assert (await local.fetch(Web(CLOCK), DAY)).points == quote.points


async def test_the_client_comes_without_what_only_its_command_line_needs() -> None:
    code = (
        "import asyncio, sys; from agent.clock import SystemClock; "
        "from agent.services.fetching import Down, Request, Web\n"
        "try: asyncio.run(Web(SystemClock()).ask(Request(url='http://127.0.0.1:9/')))\n"
        "except Down: print({'httpx', 'rich', 'click', 'httpx._main'} & sys.modules.keys())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert told.decode().strip() == "{'httpx'}"
