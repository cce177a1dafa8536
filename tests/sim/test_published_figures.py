"""What Hearth publishes equals what independent Modbus servers hold, from the wire to the
status document and through the whole daemon."""

import json
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyModbusTCP.server import DataBank, ModbusServer
from sunspec2.device import Model

HEARTH = [sys.executable, "-m", "agent"]


def f32(value: float) -> list[int]:
    return list(struct.unpack(">2H", struct.pack(">f", value)))


def low_first(value: int) -> list[int]:
    high, low = struct.unpack(">2H", struct.pack(">i", value))
    return [low, high]


@contextmanager
def served(table: str, image: dict[int, Sequence[int]]) -> Iterator[int]:
    """An independent Modbus TCP server with an image; yields its port."""
    bank = DataBank()
    put = bank.set_input_registers if table == "input" else bank.set_holding_registers
    for address, words in image.items():
        assert put(address, list(words))
    server = ModbusServer("127.0.0.1", 0, no_block=True, data_bank=bank)
    server.start()
    try:
        yield server._service.server_address[1]
    finally:
        server.stop()


def sdm630() -> dict[int, Sequence[int]]:
    values = {0: 231.5, 2: 229.0, 4: 230.0, 12: 400.0, 14: -150.0, 16: 1000.5, 52: 1250.5}
    values |= {70: 50.01, 72: 1234.567, 74: 87.25}
    return {address: f32(value) for address, value in values.items()}


def sungrow() -> dict[int, Sequence[int]]:
    """The makers' documentation: 32-bit values low word first, export and discharge positive."""
    return {
        5016: low_first(4321),
        5213: low_first(-1800),
        13002: low_first(99_875),
        13009: low_first(2500),
        13022: [637],
    }


def sunspec() -> dict[int, Sequence[int]]:
    """Models 1 and 103 as pysunspec2 encodes them, at 40000, closed by the end model."""
    common, inverter = Model(1), Model(103)
    for point, text in (("Mn", "Acme"), ("Md", "Roof 5"), ("SN", "A-1"), ("Vr", "1.0")):
        common.points[point].cvalue = text
    for name, point in inverter.points.items():
        if point.pdef["type"] == "sunssf":
            point.value = {"W_SF": 1, "WH_SF": 0}.get(name, -1)
    inverter.points["W"].cvalue = 3210
    inverter.points["WH"].cvalue = 7_654_321
    inverter.points["St"].value = 4
    words = [0x5375, 0x6E53]
    for model in (common, inverter):
        raw = model.get_mb(computed=False)
        words += struct.unpack(f">{len(raw) // 2}H", raw)
    return {40000: [*words, 0xFFFF, 0]}


CONFIG = """\
house: {{timezone: Europe/Brussels, fuse_a: 25, grid_meter: grid}}
store: {{path: {folder}/hearth.db}}
devices:
  grid: {{driver: eastron_sdm630, host: 127.0.0.1, port: {grid}, framer: socket, poll_s: 0.5}}
  roof: {{driver: sungrow_sh, host: 127.0.0.1, port: {roof}, parts: [inverter, battery]}}
  barn: {{driver: sunspec, host: 127.0.0.1, port: {barn}}}
"""


def status(config: Path) -> dict[str, Any] | None:
    """The status document once every device is there."""
    asked = subprocess.run(
        [*HEARTH, "status", "--json", "-c", str(config)],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    if asked.returncode:
        return None
    doc: dict[str, Any] = json.loads(asked.stdout)
    counted = ("gridImport", "gridExport", "productionEnergy", "load")
    whole = all(d["isReachable"] for d in doc["devices"])
    whole = whole and all(doc["totals"][key] is not None for key in counted)
    return doc if whole else None


def test_independent_servers_agree_with_what_hearth_publishes(tmp_path: Path) -> None:
    config = tmp_path / "hearth.yaml"
    with (
        served("input", sdm630()) as grid,
        served("input", sungrow()) as roof,
        served("holding", sunspec()) as barn,
    ):
        config.write_text(CONFIG.format(folder=tmp_path, grid=grid, roof=roof, barn=barn))
        daemon = subprocess.Popen([*HEARTH, "run", "-c", str(config)], stderr=subprocess.PIPE)
        try:
            end_s, doc = time.monotonic() + 20, None
            while doc is None and time.monotonic() < end_s:
                doc = status(config)
        finally:
            daemon.send_signal(signal.SIGTERM)
            _, log = daemon.communicate(timeout=15)
    assert doc is not None, log.decode()
    state = {d["id"]: d["state"] for d in doc["devices"]}
    assert state["grid"] == {
        "power": pytest.approx(1.25, abs=0.001), "import": 1234.567, "export": 87.25,
    }  # fmt: skip
    assert state["roof"]["productionRate"] == 4.321
    assert state["roof"]["totalLifetimeProduction"] == 9987.5
    assert state["roof_battery"]["chargeRate"] == 1.8
    assert state["roof_battery"]["batteryLevel"] == 63.7
    assert state["barn"]["productionRate"] == 3.21
    assert state["barn"]["totalLifetimeProduction"] == 7654.321
    assert doc["totals"]["production"] == pytest.approx(7.531)
    assert doc["totals"]["load"] == pytest.approx(1.25 + 7.531 - 1.8, abs=0.002)
