"""A house without a cloud: nothing is imported for one, nothing is written for one."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

CONFIG = """\
house: {{timezone: Europe/Brussels, fuse_a: 63}}
store: {{path: {folder}/hearth.db, commit_every_s: 1}}
api: {{socket: {folder}/hearth.sock}}
ocpp: {{listen: 127.0.0.1, port: {port}}}
chargers:
  garage: {{identity: CP1, mode: fast}}
"""
LIVE_FOR_A_WHILE = """\
import asyncio, json, os, signal, sys
from pathlib import Path
from agent.app import run
from agent.clock import SystemClock
from agent.config import load

async def main():
    settings = load(Path(sys.argv[1]))
    asyncio.get_running_loop().call_later(1.5, os.kill, os.getpid(), signal.SIGTERM)
    await run(settings, SystemClock())

asyncio.run(main())
print(json.dumps(sorted(sys.modules)))
"""
ONLY_WITH_A_CLOUD = ("agent.bridges.cloud", "agent.bridges.documents", "aiomqtt", "paho")
ONLY_FOR_A_CLOUD = ("outbox", "run", "resource", "executed", "cursor", "lost")


def test_without_a_cloud_none_of_it_is_there(tmp_path: Path) -> None:
    config = tmp_path / "hearth.yaml"
    config.write_text(CONFIG.format(folder=tmp_path, port=0))
    config.chmod(0o600)
    command = [sys.executable, "-c", LIVE_FOR_A_WHILE, str(config)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    modules = json.loads(done.stdout)
    assert "agent.control.control" in modules
    assert [name for name in modules if name.startswith(ONLY_WITH_A_CLOUD)] == []
    with sqlite3.connect(tmp_path / "hearth.db") as db:
        counts = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ONLY_FOR_A_CLOUD
        }
    db.close()
    assert counts == dict.fromkeys(ONLY_FOR_A_CLOUD, 0)
