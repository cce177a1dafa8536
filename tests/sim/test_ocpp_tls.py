"""Chargers that connect with wss://."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from tests.sim.ocpp_house import Site, site

Papers = tuple[str, str]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """A certificate for 127.0.0.1 that nobody signed, and its key."""
    folder = tmp_path_factory.mktemp("papers")
    key, certificate = folder / "hearth.key", folder / "hearth.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-days", "2", "-keyout", str(key), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return str(certificate), str(key)


async def dial(here: Site, trusted: str | None) -> str | None:
    context = ssl.create_default_context(cafile=trusted)
    async with connect(
        f"wss://127.0.0.1:{here.port}/CP1",
        ssl=context,
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
    ) as socket:
        return socket.subprotocol


async def test_a_charger_that_trusts_the_certificate_is_served(papers: Papers) -> None:
    async with site(tls_certificate=papers[0], tls_key=papers[1]) as here:
        assert await dial(here, papers[0]) == "ocpp1.6"


async def test_neither_distrust_nor_plain_text_hurts_anybody(papers: Papers) -> None:
    async with site(tls_certificate=papers[0], tls_key=papers[1]) as here:
        with pytest.raises(ssl.SSLCertVerificationError):
            await dial(here, None)
        with pytest.raises(InvalidMessage):
            async with connect(f"ws://127.0.0.1:{here.port}/CP1"):
                pass
        assert await dial(here, papers[0]) == "ocpp1.6"


async def test_a_certificate_that_cannot_be_used_is_named(papers: Papers, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text("no key")
    with pytest.RaisesGroup(
        pytest.RaisesExc(Exception, match=f"{papers[0]} with key {other} cannot be used"),
        flatten_subgroups=True,
    ):
        async with asyncio.timeout(3), site(tls_certificate=papers[0], tls_key=str(other)):
            pass
