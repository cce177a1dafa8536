"""Who is let in, and what becomes of those who are not."""

import asyncio
import logging
from typing import Literal

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from drivers.ocpp.config import ChargerConfig
from tests.sim.ocpp_house import site
from tests.sim.ocpp_peer import Peer, basic

Pin = Literal["1.6", "2.0.1", "2.1"] | None
LOCKED = {"garage": ChargerConfig(identity="CP1", password=SecretStr("s3cret"))}


async def knock(port: int, identity: str, **options: object) -> int:
    """The HTTP status of a handshake; 101 if it works."""
    try:
        async with Peer.dial(port, identity, **options):
            return 101
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_an_unknown_charger_waits_for_approval_and_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with site() as here:
        assert await knock(here.port, "stranger") == 404
        assert await knock(here.port, "stranger") == 404
        assert await knock(here.port, "CP1") == 101
        assert here.house.pending == ("stranger",)
        told = [message for message in caplog.messages if "stranger" in message]
        assert len(told) == 1


@pytest.mark.parametrize("password", ["s3cret", "733363726574"])
async def test_the_password_is_right_as_text_and_as_hex(password: str) -> None:
    async with site(LOCKED) as here:
        assert await knock(here.port, "CP1", additional_headers=basic("CP1", password)) == 101


async def test_wrong_passwords_are_slowed_down_and_never_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with site(LOCKED) as here:
        statuses = [
            await knock(here.port, "CP1", additional_headers=basic("CP1", f"guess{n}"))
            for n in range(6)
        ]
        right = await knock(here.port, "CP1", additional_headers=basic("CP1", "s3cret"))
    assert statuses == [401] * 5 + [429]
    assert right == 429
    token = basic("CP1", "s3cret")["Authorization"].split()[1]
    ours = [record for record in caplog.records if record.name != "websockets.client"]
    text = "\n".join(record.getMessage() for record in ours)
    assert "wrong password" in text
    assert not any(secret in text for secret in ("s3cret", "guess", token))


async def test_a_wrong_password_is_shown_with_the_charger_until_it_is_right() -> None:
    async with site(LOCKED) as here:
        await knock(here.port, "CP1", additional_headers=basic("CP1", "guess"))
        assert "wrong password" in (here.house.garage.problem or "")
        assert here.house.garage.reachable is False
        async with Peer.dial(here.port, additional_headers=basic("CP1", "s3cret")) as cp:
            await cp.boot()
            await knock(here.port, "CP1", additional_headers=basic("CP1", "guess"))
            assert (here.house.garage.reachable, here.house.garage.problem) == (True, "")


async def test_how_a_connection_ended_is_told() -> None:
    async with site() as here:
        async with Peer.dial(here.port) as cp:
            await cp.boot()
        await here.house.until(lambda: here.house.garage.problem == "it said goodbye")
        async with Peer.dial(here.port) as cp:
            await cp.boot()
            assert here.house.garage.problem == ""
            for _ in range(50):
                await cp.socket.send("nonsense")
            await here.house.until(
                lambda: here.house.garage.problem == "Hearth closed the connection"
            )


async def test_one_charger_locked_out_locks_out_no_other() -> None:
    chargers = {**LOCKED, "yard": ChargerConfig(identity="CP2", password=SecretStr("other"))}
    async with site(chargers) as here:
        for _ in range(6):
            await knock(here.port, "CP1", additional_headers=basic("CP1", "wrong"))
        assert await knock(here.port, "CP2", additional_headers=basic("CP2", "other")) == 101


@pytest.mark.parametrize(
    "path", ["/CP1", "//ocpp//CP1/", "/ocpp/CP1?x=1", "/a/b/c/CP1", "/ocpp/%43P1"]
)
async def test_any_path_that_ends_with_the_identity_leads_in(path: str) -> None:
    async with site() as here:
        assert await knock(here.port, "CP1", path=path) == 101


@pytest.mark.parametrize("offer", [None, ["OCPP1.6"], ["ocpp1.5"], ["soap", "ocpp1.6"]])
async def test_a_wrong_subprotocol_is_spoken_to_as_1_6(offer: list[str] | None) -> None:
    async with site() as here, Peer.dial(here.port, subprotocols=offer) as cp:
        assert cp.socket.subprotocol == ("ocpp1.6" if offer and "ocpp1.6" in offer else None)
        assert (await cp.boot())["status"] == "Accepted"
        assert isinstance(await cp.start(), int)


@pytest.mark.parametrize(
    ("pin", "offer", "spoken"),
    [
        (None, ["ocpp1.6", "ocpp2.1", "ocpp2.0.1"], "ocpp2.0.1"),
        (None, ["ocpp1.6", "ocpp2.1"], "ocpp2.1"),
        ("1.6", ["ocpp2.0.1", "ocpp1.6"], "ocpp1.6"),
        ("2.1", ["ocpp2.0.1", "ocpp2.1"], "ocpp2.1"),
        ("2.0.1", ["OCPP-201"], None),
    ],
)
async def test_the_offer_and_the_config_choose_the_version(
    pin: Pin, offer: list[str], spoken: str | None
) -> None:
    pinned = {"garage": ChargerConfig(identity="CP1", ocpp_version=pin)}
    async with site(pinned) as here, Peer.dial(here.port, subprotocols=offer) as cp:
        assert cp.socket.subprotocol == spoken
        assert (await cp.boot())["status"] == "Accepted"


@pytest.mark.parametrize(("pin", "offer"), [("1.6", "ocpp2.0.1"), ("2.0.1", "ocpp1.6")])
async def test_a_charger_that_offers_another_version_than_its_own_is_told_what_to_do(
    pin: Pin, offer: str
) -> None:
    pinned = {"garage": ChargerConfig(identity="CP1", ocpp_version=pin)}
    async with site(pinned) as here:
        assert await knock(here.port, "CP1", subprotocols=[offer]) == 400
        problem = here.house.garage.problem or ""
        assert problem.startswith(
            f"it offers {offer}, but ocpp_version in the config file is {pin}"
        )
        assert f"choose OCPP {pin} JSON in the charger" in problem
        assert here.house.garage.reachable is False


@pytest.mark.parametrize(("offer", "named"), [(None, "none"), (["OCPP1.6J"], "OCPP1.6J")])
async def test_a_missing_subprotocol_is_counted(offer: list[str] | None, named: str) -> None:
    async with site() as here, Peer.dial(here.port, subprotocols=offer) as cp:
        await cp.boot()
        await here.house.until(lambda: here.house.garage.anomalies == 1)
        assert here.house.garage.last_anomaly == f"subprotocol {named} instead of ocpp1.6"
        assert here.house.garage.problem == ""


async def test_connections_beyond_the_cap_are_turned_away() -> None:
    chargers = {name: ChargerConfig(identity=name) for name in ("CP1", "CP2")}
    async with site(chargers, max_sockets=1) as here, Peer.dial(here.port, "CP1"):
        assert await knock(here.port, "CP2") == 503
        assert await knock(here.port, "CP1") == 101  # it replaces its own


async def test_the_newest_socket_of_a_charger_wins() -> None:
    async with site() as here, Peer.dial(here.port) as old:
        await old.boot()
        async with Peer.dial(here.port) as new:
            await new.boot()
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(1):
                    await old.call("Heartbeat", {})
            await new.status("Available")
            await here.house.until(lambda: here.house.garage.status == "Available")
            assert here.house.garage.reachable is True


async def test_an_oversized_frame_ends_only_its_own_connection() -> None:
    chargers = {"garage": ChargerConfig(identity="CP1"), "yard": ChargerConfig(identity="CP2")}
    async with site(chargers) as here, Peer.dial(here.port, "CP2") as good:
        async with connect(f"ws://127.0.0.1:{here.port}/CP1", compression=None) as bad:
            await bad.send("x" * 300_000)
            with pytest.raises(ConnectionClosed):
                await bad.recv()
            assert bad.close_code == 1009
        assert (await good.boot())["status"] == "Accepted"


async def test_a_port_in_use_is_named_with_the_remedy() -> None:
    async with site() as here:
        with pytest.RaisesGroup(
            pytest.RaisesExc(Exception, match=f"port {here.port} .* another program"),
            flatten_subgroups=True,
        ):
            async with site(port=here.port):
                pass
