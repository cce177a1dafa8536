"""TLS with certificate or token, the access list that Hearth ships, and what an installer reads."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.sim.cloud_house import AGENT, Home, home, judge, until
from tests.sim.mosquitto import mosquitto
from tests.sim.test_cloud_acl import ACL
from tests.sim.test_mqtt_login import papers

__all__ = ["papers"]

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(not shutil.which("mosquitto_passwd"), reason="no mosquitto_passwd"),
]
TOKEN = "a-long-token"  # noqa: S105


def made_out_to(name: str, folder: Path, papers: Path) -> Mapping[str, str]:
    """A client certificate whose common name is `name`, by the authority of `papers`."""
    key, request, pem = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    steps = [
        ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request)],
        ["x509", "-req", "-in", str(request), "-CA", "ca.pem", "-CAkey", "ca.key",
         "-set_serial", "77", "-days", "2", "-out", str(pem)],
    ]  # fmt: skip
    for step in steps:
        subprocess.run(["openssl", *step], cwd=papers, check=True, capture_output=True)
    return {"tls_certificate": str(pem), "tls_key": str(key)}


def passwords(folder: Path) -> Path:
    """The broker's file; house and cloud have the same token."""
    file = folder / "passwords"
    file.touch(mode=0o600)
    for name in (AGENT, "cloud"):
        subprocess.run(["mosquitto_passwd", "-b", str(file), name, TOKEN], check=True)
    return file


def tls(papers: Path) -> list[str]:
    return [
        f"cafile {papers / 'ca.pem'}",
        f"certfile {papers / 'server.pem'}",
        f"keyfile {papers / 'server.key'}",
    ]


def by_tls(papers: Path, **more: Any) -> dict[str, Any]:
    return {"host": "localhost", "tls": True, "tls_ca": str(papers / "ca.pem"), **more}


async def everything_works(here: Home, cloud: Any) -> None:
    """All topics are used, and none is refused."""
    await cloud.meets(here)
    await here.plug(2)
    await here.box.meter(500.0)
    done = await cloud.send("action.cancel", {"actionId": "none"})
    assert done["status"] == 404
    name = "7b1a1e52-50a5-4c39-9f4e-d1a0b7f0c001"
    await cloud.desired("schedule", name, 1, {"nonsense": True})
    await cloud.shows(f"reported/schedule/{name}", lambda d: d["status"] == "rejected")
    await cloud.finds(lambda r: r["telemetry"]["messages"])
    await cloud.proves(here)
    await until(lambda: here.link_states == ["up"], "it stays connected")


async def test_a_client_certificate_under_the_access_list(tmp_path: Path, papers: Path) -> None:
    lines = [*tls(papers), "require_certificate true", "use_identity_as_username true"]
    mine = made_out_to(AGENT, tmp_path, papers)
    theirs = made_out_to("cloud", tmp_path, papers)
    there = {
        "host": "localhost",
        "tls": True,
        "ca": papers / "ca.pem",
        "certificate": Path(theirs["tls_certificate"]),
        "key": Path(theirs["tls_key"]),
    }
    with mosquitto(tmp_path, [*lines, f"acl_file {ACL}"]) as broker:
        async with (
            judge(tmp_path, broker.port, broker=there) as cloud,
            home(tmp_path, broker.port, server=by_tls(papers, **mine)) as here,
        ):
            await everything_works(here, cloud)


async def test_a_token_under_the_access_list(
    tmp_path: Path, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [*tls(papers), "allow_anonymous false", f"password_file {passwords(tmp_path)}"]
    monkeypatch.setenv("HEARTH_CLOUD_PASSWORD", TOKEN)
    there = {"host": "localhost", "tls": True, "ca": papers / "ca.pem", "username": "cloud"}
    login = {"username": AGENT, "password": TOKEN}
    with mosquitto(tmp_path, [*lines, f"acl_file {ACL}"]) as broker:
        async with (
            judge(tmp_path, broker.port, broker=there) as cloud,
            home(tmp_path, broker.port, server=by_tls(papers, **login)) as here,
        ):
            await everything_works(here, cloud)
        async with home(tmp_path, broker.port, server=by_tls(papers, username=AGENT)) as here:
            remedy = "check cloud.username and cloud.password"
            await until(lambda: any(remedy in s for s in here.link_states), "a refusal")


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"tls_ca": None}, "set cloud.tls_ca to the authority that signed the broker's"),
        ({"host": "127.0.0.1"}, "cloud.host to a name that stands in it"),
        ({}, "set cloud.tls_certificate and cloud.tls_key"),
        ({"tls_ca": "/nowhere.pem"}, "cannot use /nowhere.pem for TLS"),
        ({"tls": False}, "with cloud.tls"),
    ],
)
async def test_what_is_wrong_with_certificates_is_said_with_the_remedy(
    tmp_path: Path, papers: Path, changes: Mapping[str, Any], remedy: str
) -> None:
    with mosquitto(tmp_path, [*tls(papers), "require_certificate true"]) as broker:
        server = by_tls(papers) | dict(changes)
        async with home(tmp_path, broker.port, server=server) as here:
            await until(lambda: any(remedy in state for state in here.link_states), remedy)
