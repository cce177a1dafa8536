"""What nobody configured is not in memory: the whole daemon runs, and its modules are looked at."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = "house:\n  timezone: Europe/Berlin\n  fuse_a: 63\nstore:\n  path: {folder}/hearth.db\n"
API = "api:\n  socket: {folder}/hearth.sock\n"
CHARGER = "ocpp:\n  listen: 127.0.0.1\n  port: 0\nchargers:\n  garage:\n    identity: CP001\n"
METER = "devices:\n  grid:\n    driver: eastron_sdm630\n    host: 127.0.0.1\n    port: 9\n"
BROKER = "mqtt:\n  host: 127.0.0.1\n  port: 9\n"
CAR = "vehicles:\n  family_car:\n    source: teslamate\n    id: 1\n"
CLOUD = "cloud:\n  host: 127.0.0.1\n  port: 9\n  tls: false\n  agent_id: house\n"

PARTS = {
    "Modbus": {"pymodbus", "drivers.modbus.building", "drivers.modbus.maps"},
    "OCPP": {"websockets", "drivers.ocpp.listener"},
    "OCPP of one version": {"drivers.ocpp.v16", "drivers.ocpp.v201"},
    "MQTT": {"aiomqtt", "paho"},
    "Home Assistant": {"agent.bridges.home_assistant"},
    "cars": {"drivers.vehicles.building"},
    "cloud": {"agent.bridges.cloud", "agent.bridges.documents"},
    "variables": {"pydantic_settings", "agent.config.variables"},
    "never": {"ocpp", "jsonschema", "attr", "numpy", "rich", "simulators", "pymodbus.server"},
}
"""Part of Hearth -> modules that are there for it alone."""

RUN = """
import os, signal, sys, threading, time
from pathlib import Path
from agent.__main__ import main

def stop_when_ready():
    end_s = time.monotonic() + 15
    while not Path(sys.argv[2]).exists() and time.monotonic() < end_s:
        time.sleep(0.02)
    time.sleep(0.3)  # links have tried to connect
    print(*sys.modules, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=stop_when_ready, daemon=True).start()
sys.exit(main(["run", "-c", sys.argv[1]]))
"""


@pytest.mark.parametrize(
    ("config", "variables", "parts"),
    [
        ("", {}, set()),
        (CHARGER, {}, {"OCPP"}),
        (METER, {}, {"Modbus"}),
        (BROKER, {}, {"MQTT", "Home Assistant"}),
        (BROKER + CAR, {}, {"MQTT", "Home Assistant", "cars"}),
        (CLOUD, {}, {"MQTT", "cloud"}),
        ("", {"HEARTH_HOUSE__FUSE_A": "35"}, {"variables"}),
    ],
    ids=["nothing", "charger", "meter", "broker", "car", "cloud", "variable"],
)
def test_a_house_loads_what_it_uses_alone(
    tmp_path: Path, config: str, variables: dict[str, str], parts: set[str]
) -> None:
    loaded = _modules(tmp_path, config, variables)
    there = {part for part, modules in PARTS.items() if modules & loaded}
    assert there == parts, {part: PARTS[part] & loaded for part in there ^ parts}


def _modules(folder: Path, config: str, variables: dict[str, str]) -> set[str]:
    path = folder / "hearth.yaml"
    path.write_text((HOUSE + API).format(folder=folder) + config)
    path.chmod(0o600)
    outside = {name: text for name, text in os.environ.items() if not name.startswith("HEARTH_")}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(folder / "hearth.sock")],
        capture_output=True,
        text=True,
        check=False,
        env=outside | variables,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
