"""TLS and passwords against a real broker, and what an installer reads when they are wrong."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.bridges.mqtt import Broker, connect
from agent.model.driver import LinkDown
from tests.sim.mosquitto import Mosquitto, mosquitto

pytestmark = pytest.mark.mosquitto

LOGIN = ("hearth", "corr3ct horse")


@dataclass
class Secured:
    """A broker that wants TLS and a password, and the papers for it."""

    port: int
    papers: Path

    def broker(self, **changes: object) -> Broker:
        settings = {
            "host": "localhost",
            "port": self.port,
            "tls": True,
            "tls_ca": str(self.papers / "ca.pem"),
            "username": LOGIN[0],
            "password": LOGIN[1],
        }
        return Broker(**{**settings, **changes})  # type: ignore[arg-type]


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and certificates by it for the broker (localhost) and for us."""
    folder = tmp_path_factory.mktemp("papers")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl(
        folder, "req", "-x509", *key, "-subj", "/CN=Test authority", "-days", "2",
        "-addext", "keyUsage=critical,keyCertSign",
        "-keyout", "ca.key", "-out", "ca.pem",
    )  # fmt: skip
    (folder / "san").write_text("subjectAltName=DNS:localhost\n")
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=hearth")):
        _openssl(
            folder, "req", *key, "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )
        _openssl(
            folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "san", "-out", f"{name}.pem",
        )  # fmt: skip
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(folder / "users"), *LOGIN],
        check=True,
        capture_output=True,
    )
    (folder / "users").chmod(0o644)
    return folder


@pytest.fixture
def secured(papers: Path, tmp_path: Path) -> Iterator[Secured]:
    with mosquitto(tmp_path, _lines(papers)) as broker:
        yield Secured(broker.port, papers)


def _lines(papers: Path) -> list[str]:
    return [
        f"cafile {papers / 'ca.pem'}",
        f"certfile {papers / 'server.pem'}",
        f"keyfile {papers / 'server.key'}",
        "allow_anonymous false",
        f"password_file {papers / 'users'}",
    ]


async def _knock(broker: Broker) -> None:
    async with connect(broker, client_id="hearth-test") as link:
        await link.subscribe(["hearth/#"])
        await link.publish("hearth/x", "y", retain=False)
        async for message in link.messages():
            assert message.payload == b"y"
            return


async def test_tls_and_a_password(secured: Secured) -> None:
    await _knock(secured.broker())


async def test_a_client_certificate(papers: Path, tmp_path: Path) -> None:
    lines = [*_lines(papers), "require_certificate true"]
    with mosquitto(tmp_path, lines) as broker:
        ours = Secured(broker.port, papers)
        await _knock(
            ours.broker(
                tls_certificate=str(papers / "client.pem"), tls_key=str(papers / "client.key")
            )
        )


async def test_a_wrong_password_is_named_and_never_shown(secured: Secured) -> None:
    wrong = secured.broker(password="hunter2-secret")  # noqa: S106
    with pytest.raises(LinkDown) as caught:
        await _knock(wrong)
    assert str(caught.value) == (
        f"MQTT broker localhost:{secured.port} refuses the user name or password; "
        "check mqtt.username and mqtt.password"
    )
    assert "hunter2" not in repr(wrong)


async def test_an_unknown_authority_names_the_remedy(secured: Secured) -> None:
    with pytest.raises(LinkDown, match=r"TLS failed.*set mqtt\.tls_ca to the authority"):
        await _knock(secured.broker(tls_ca=None))


async def test_a_name_that_is_not_in_the_certificate_names_the_remedy(secured: Secured) -> None:
    with pytest.raises(LinkDown, match=r"mqtt\.host to a name that stands in it"):
        await _knock(secured.broker(host="127.0.0.1"))


async def test_tls_on_a_port_without_it_names_the_remedy(papers: Path, tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        plain: Mosquitto = broker
        with pytest.raises(LinkDown, match=f"localhost:{plain.port}"):
            await _knock(Secured(plain.port, papers).broker())
