"""The baseline for Modbus: bare pymodbus that reads blocks in a rhythm and keeps nothing.

    python -m benchmarks.peers.pymodbus_poller '[{"port": 5020, "every_s": 1, "rtu": false,
        "reads": [[unit, function, address, count], ...]}, ...]'

Prints {"polling": true} when it starts. A device that is not there is tried again each round.
"""

import asyncio
import json
import logging
import sys
from typing import Any

from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

INPUT_REGISTERS = 4


async def poll(device: dict[str, Any]) -> None:
    """Read one device for ever."""
    client = AsyncModbusTcpClient(
        "127.0.0.1",
        port=device["port"],
        framer=FramerType.RTU if device["rtu"] else FramerType.SOCKET,
        reconnect_delay=0,
        retries=0,
    )
    while True:
        if client.connected or await client.connect():
            await read(client, device["reads"])
        await asyncio.sleep(device["every_s"])


async def read(client: AsyncModbusTcpClient, reads: list[tuple[int, int, int, int]]) -> int:
    """All blocks once; returns how many registers came."""
    registers = 0
    for unit, function, address, count in reads:
        ask = (
            client.read_input_registers
            if function == INPUT_REGISTERS
            else client.read_holding_registers
        )
        try:
            answer = await ask(address, count=count, device_id=unit)
        except ModbusException:
            continue
        registers += len(answer.registers)
    return registers


async def main(devices: list[dict[str, Any]]) -> None:
    """Poll until killed."""
    print(json.dumps({"polling": True}), flush=True)
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(poll(device))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main(json.loads(sys.argv[1])))
