"""The whole daemon with a tariff: asked, shown, and known after a restart without the service."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from tests.sim.http_service import Asked, Reply, http_service

CONFIG = """\
house: {{timezone: Europe/Berlin, fuse_a: 25}}
store: {{path: {folder}/hearth.db}}
tariff:
  currency: EUR
  sources:
    exchange: {{kind: table, address: "{url}/prices.csv", unit: EUR/MWh}}
    spare: {{kind: awattar, zone: DE}}
  markup_per_kwh: 0.02
  vat_percent: 100
  export: {{per_kwh: 0.08}}
"""
WITHIN_S = 15.0


def table(_asked: Asked) -> Reply:
    """Three days around now at 100 EUR/MWh, with an ETag."""
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    rows = [f"{begin + timedelta(hours=hour):%Y-%m-%dT%H:%MZ},100" for hour in range(96)]
    return Reply(body="\n".join(["start,price", *rows]).encode(), headers={"ETag": '"1"'})


@asynccontextmanager
async def daemon(folder: Path, url: str) -> AsyncIterator[None]:
    file = folder / "hearth.yaml"
    file.write_text(CONFIG.format(folder=folder, url=url))
    file.chmod(0o600)
    outside = {name: text for name, text in os.environ.items() if not name.startswith("HEARTH_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent", "run", "-c", str(file), env=outside,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WITHIN_S):
            await process.wait()


async def status(folder: Path, wanted: Callable[[Any], bool]) -> Any:
    """The prices of the status document as soon as they are as wanted."""
    prices: Any = "no answer"
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                with contextlib.suppress(OSError):
                    reader, writer = await asyncio.open_unix_connection(folder / "hearth.sock")
                    writer.write(b'{"ask": "status"}\n')
                    prices = orjson.loads(await reader.readline()).get("prices")
                    writer.close()
                    if wanted(prices):
                        return prices
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(prices) from None


def priced(prices: Any) -> bool:
    return prices is not None and prices["import"] is not None


async def test_prices_are_asked_shown_and_outlive_a_restart_without_the_service(
    tmp_path: Path,
) -> None:
    async with http_service(table) as service:
        async with daemon(tmp_path, service.url):
            found = await status(tmp_path, priced)
        assert [each.path for each in service.asked] == ["/prices.csv"]
        url = service.url
    assert (found["currency"], found["import"], found["export"]) == ("EUR", 0.24, 0.08)
    known = datetime.fromisoformat(found["knownUntil"])
    assert known > datetime.now(UTC) + timedelta(hours=20)
    assert found["sources"]["127.0.0.1"].startswith("until ")
    assert found["sources"]["aWATTar DE"] == "nothing for now"
    async with daemon(tmp_path, url):
        again = await status(tmp_path, priced)
    assert again["import"] == 0.24
