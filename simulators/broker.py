"""An MQTT broker for demos: Mosquitto if this machine has it, else one written in Python.

    python -m simulators.broker --port 0

Listens on 127.0.0.1 for anybody, keeps nothing on disk, and prints
{"ready": true, "engine": "mosquitto" or "amqtt", "port": ...} when it answers.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import shutil
import socket
import tempfile
from pathlib import Path

from simulators.process import say, until_told

_START_WITHIN_S = 10.0
_STOP_WITHIN_S = 3.0


def find_mosquitto() -> str | None:
    """Where Mosquitto is; Debian puts it where users' paths do not lead."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("mosquitto", path=path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def answers(port: int) -> None:
    """Wait until something accepts connections."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.02)


async def run_mosquitto(program: str, port: int) -> None:
    """Run it until told to stop.

    Raises:
        OSError: it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="hearth-broker-") as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            "set_tcp_nodelay true\nmax_queued_messages 10000\nlog_type error\nlog_type warning\n",
            encoding="ascii",
        )
        process = await asyncio.create_subprocess_exec(program, "-c", str(config))
        try:
            async with asyncio.timeout(_START_WITHIN_S):
                await _started(process, port)
            say({"ready": True, "engine": "mosquitto", "port": port})
            await until_told()
        finally:
            if process.returncode is None:
                process.terminate()
                async with asyncio.timeout(_STOP_WITHIN_S):
                    await process.wait()


async def _started(process: asyncio.subprocess.Process, port: int) -> None:
    dead = asyncio.ensure_future(process.wait())
    alive = asyncio.ensure_future(answers(port))
    await asyncio.wait({dead, alive}, return_when=asyncio.FIRST_COMPLETED)
    alive.cancel()
    if dead.done():
        raise OSError(f"mosquitto ended at once with code {process.returncode}; see its message")
    dead.cancel()


async def run_amqtt(port: int) -> None:
    """Run the Python broker until told to stop.

    Raises:
        OSError: it is not installed, or the port is taken.
    """
    try:
        from amqtt.broker import Broker
    except ImportError as error:
        raise OSError(
            "neither mosquitto nor amqtt is there; remedy: apt install mosquitto, or "
            "pip install 'hearth[demo]'"
        ) from error
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
        }
    )
    async with asyncio.timeout(_START_WITHIN_S):
        await broker.start()
    say({"ready": True, "engine": "amqtt", "port": port})
    await until_told()
    await broker.shutdown()


def main() -> None:
    parse = argparse.ArgumentParser(prog="python -m simulators.broker", description=__doc__)
    parse.add_argument("--port", type=int, default=1883, help="0 lets the system choose")
    parse.add_argument("--engine", choices=["auto", "mosquitto", "amqtt"], default="auto")
    args = parse.parse_args()
    program = find_mosquitto() if args.engine != "amqtt" else None
    if args.engine == "mosquitto" and program is None:
        parse.exit(1, "mosquitto is not installed; remedy: apt install mosquitto\n")
    port = args.port or free_port()
    try:
        asyncio.run(run_mosquitto(program, port) if program else run_amqtt(port))
    except (OSError, TimeoutError) as error:
        parse.exit(1, f"the broker did not start: {error}\n")


if __name__ == "__main__":
    main()
