"""Ten thousand agents on one Mosquitto: connecting, living, losing the broker, coming back.

Each agent speaks the sync protocol, and a cloud keeps and acks everything; the broker, all agents
and the cloud share this machine. HEARTH_FLEET_AGENTS sets how many (10000). The wave cuts all
lines at once; agents come back with full jitter from 1 s, once in the clear and once with TLS 1.3
and a client certificate each, which takes 3 GB of memory. The baseline are the same connections
that only publish with QoS 1: no last will, no status, no subscription, no ack, and no cloud.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.broker import mosquitto
from benchmarks.figures import Baseline, Figure, Missing
from benchmarks.processes import Child, DidNotStart

AGENTS = int(os.environ.get("HEARTH_FLEET_AGENTS", "10000"))
EVERY_S = 9.0
MEASURED_S = 30.0
WITHIN_S = 900.0
QUEUE = "max_queued_messages 100000"  # for the cloud: of 1000, the default, a wave fills more
BARE = "the same connections that only publish"
CLEAR = "the same without TLS"
Found = dict[str, Any]
FIGURES = (
    ("connects_per_s", "1/s", "higher", None),
    ("messages_per_s", "1/s", "higher", 1000.0),
    ("puback_p50_ms", "ms", "lower", None),
    ("puback_p99_ms", "ms", "lower", 50.0),
    ("wave_s", "s", "lower", 60.0),
)


def measure(folder: Path) -> list[Figure]:
    bare, _ = _run(folder, "bare", bare=True)
    ours, proof = _run(folder, "clear")
    print(f"the cloud says: {proof}")
    papers = _papers(folder)
    secret, secret_proof = _run(folder, "mtls", papers)
    print(f"the cloud says of TLS: {secret_proof}")
    lost = sum(p["missing"] + p["duplicated"] + p["disordered"] for p in (proof, secret_proof))
    return [
        *(
            Figure(
                name=f"fleet.{name}",
                value=ours[name],
                unit=unit,
                better="higher" if better == "higher" else "lower",
                baseline=Baseline(BARE, bare[name]),
                aim=aim,
                part="fleet",
            )
            for name, unit, better, aim in FIGURES
        ),
        Figure(
            name="fleet.mtls_wave_s",
            value=secret["wave_s"],
            unit="s",
            baseline=Baseline(CLEAR, ours["wave_s"]),
            aim=60.0,
            part="fleet",
        ),
        Figure(
            name="fleet.events_lost_or_doubled",
            value=lost + ours["unacked"] + secret["unacked"],
            unit="",
            baseline=Baseline("events that happened", ours["events"] + secret["events"]),
            aim=0.0,
            part="fleet",
        ),
    ]


def _run(
    folder: Path, name: str, papers: Path | None = None, *, bare: bool = False
) -> tuple[Found, Found]:
    """One life of a fleet: its figures, and the cloud's proof."""
    more, tls = _with_tls(papers) if papers else ([], [])
    with mosquitto(folder, nodelay=True, more=[QUEUE, *more]) as port:
        there = ["--broker", f"127.0.0.1:{port}", *tls]
        if bare:
            return _fleet(folder, name, [*there, "--bare"]), {}
        store = str(folder / f"{name}.db")
        cloud = ["-m", "simulators.cloud", *there, "--store", store, "--control-port", "0"]
        with Child(f"cloud-{name}", cloud, folder) as child:
            child.next("ready")
            found = _fleet(folder, name, there)
            child.stop()
            proof = child.next("report")["report"]
    return found, {key: value for key, value in proof.items() if key != "agents"}


def _fleet(folder: Path, name: str, options: list[str]) -> Found:
    command = ["-m", "simulators.fleet", "--agents", str(AGENTS), "--every", str(EVERY_S)]
    command += ["--for", str(MEASURED_S), "--patience", "200", *options]
    with Child(f"fleet-{name}", command, folder) as child:
        line = child.next("fleet", WITHIN_S)
    if line["fleet"] is None:
        raise DidNotStart(f"{name}: {line['error']}")
    found: Found = line["fleet"]
    return found


def _with_tls(papers: Path) -> tuple[list[str], list[str]]:
    """Lines for the broker, and options for those who dial."""
    certificate, key = str(papers / "fleet.pem"), str(papers / "fleet.key")
    broker = [f"cafile {certificate}", f"certfile {certificate}", f"keyfile {key}"]
    options = ["--ca", certificate, "--certificate", certificate, "--key", key]
    return [*broker, "require_certificate true", *_root()], options


def _root() -> list[str]:
    return ["user root"] if os.geteuid() == 0 else []  # else it may not read the folder


def _papers(folder: Path) -> Path:
    """A certificate on the curve P-256 that signs itself; both ends of every connection show it.

    Raises:
        Missing: there is no openssl.
    """
    if shutil.which("openssl") is None:
        raise Missing("openssl is not installed; remedy: apt install openssl")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", "fleet.key", "-out", "fleet.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder
