"""What a cloud costs a day: bytes on the wire and on the disk of the demo house.

The demo house (two chargers, meter, inverter with battery) runs 30 times as fast as the wall, from
a June morning on, the busiest hours that it has; what a stretch of 12 minutes costs is scaled to a
day, after the start has been left out. Bytes on the wire are those of MQTT in both directions,
counted by the path between the daemon and its broker. Bytes to disk are what the kernel accounts to
the daemon, with a cloud and without one. The baseline on the wire has the same events and samples
as one plain JSON message each, a sample in 60 bytes; states, topics and headers are left out.
"""

import os
import signal
import sqlite3
import time
from pathlib import Path

from benchmarks.broker import mosquitto
from benchmarks.demo import demo_house
from benchmarks.figures import Baseline, Figure
from benchmarks.processes import Child, DidNotStart

SPEED = 30.0
SETTLE_S = 4.0
MEASURED_S = 25.0
A_DAY_S = 86_400.0
SAMPLE_BYTES = 60
AGENT = "bench"


def measure(folder: Path) -> list[Figure]:
    alone_bytes = _without_a_cloud(folder)
    wire_bytes, plain_bytes, disk_bytes = _with_a_cloud(folder)
    return [
        _figure("wire.mb_per_day", wire_bytes, "one plain JSON message each", plain_bytes),
        _figure("wire.disk_mb_per_day", disk_bytes, "the same house without a cloud", alone_bytes),
    ]


def _figure(name: str, value_bytes: float, baseline: str, base_bytes: float) -> Figure:
    """Of a day, in MB."""
    scale = A_DAY_S / (MEASURED_S * SPEED) / 1e6
    return Figure(
        name=name,
        value=scale * value_bytes,
        unit="MB/day",
        baseline=Baseline(baseline, scale * base_bytes),
        part="wire",
    )


def _without_a_cloud(folder: Path) -> float:
    place = folder / "alone"
    place.mkdir()
    with demo_house(place, speed=SPEED) as house:
        time.sleep(SETTLE_S)
        before = _written(house.daemon.pid)
        time.sleep(MEASURED_S)
        return _written(house.daemon.pid) - before


def _with_a_cloud(folder: Path) -> tuple[float, float, float]:
    """Bytes on the wire, of the baseline, and to disk."""
    place = folder / "with"
    place.mkdir()
    with mosquitto(folder, nodelay=True) as port:
        store = place / "cloud.db"
        words = ["--broker", f"127.0.0.1:{port}", "--store", str(store)]
        with (
            Child("cloud", ["-m", "simulators.cloud", *words], folder) as cloud,
            Child("path", ["-m", "benchmarks.path", str(port), "0"], folder) as path,
        ):
            cloud.next("ready")
            settings = {
                "HEARTH_CLOUD__HOST": "127.0.0.1",
                "HEARTH_CLOUD__PORT": str(path.next("path")["path"]),
                "HEARTH_CLOUD__TLS": "false",
                "HEARTH_CLOUD__AGENT_ID": AGENT,
            }
            with demo_house(place, speed=SPEED, settings=settings) as house:
                time.sleep(SETTLE_S)
                before = _written(house.daemon.pid), _carried(path), _plain(store)
                time.sleep(MEASURED_S)
                after = _written(house.daemon.pid), _carried(path), _plain(store)
            cloud.stop()
            proof = cloud.next("report")["report"]
    if not proof["clean"]:
        raise DidNotStart(f"the cloud did not get everything: {proof}")
    disk, wire, plain = (b - a for a, b in zip(before, after, strict=True))
    return wire, plain, disk


def _carried(path: Child) -> float:
    """Bytes that went through so far, both ways."""
    os.kill(path.pid, signal.SIGUSR1)
    said = path.next("up")
    return float(said["up"] + said["down"])


def _plain(store: Path) -> float:
    """What the cloud has so far, as one JSON message each."""
    db = sqlite3.connect(store, timeout=10)
    try:
        (events,) = db.execute("SELECT coalesce(sum(length(body)), 0) FROM event").fetchone()
        (samples,) = db.execute("SELECT count(*) FROM sample").fetchone()
    finally:
        db.close()
    return float(events + samples * SAMPLE_BYTES)


def _written(pid: int) -> float:
    """Bytes that the process has sent towards the disk."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("write_bytes")))
