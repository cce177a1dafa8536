"""Ten Modbus devices of six makes in one process, with figures that never stand still.

    python -m benchmarks.peers.devices

Prints {"ports": {name: [driver, port], ...}}.
"""

import asyncio
import json
import random

from simulators.devices import build_device
from simulators.modbus_server import ModbusServer
from simulators.plant import FixedPlant

MAKES = {
    "eastron_sdm630": 4,
    "sunspec": 2,
    "huawei_sun2000": 1,
    "victron_gx": 1,
    "sungrow_sh": 1,
    "sma_hybrid": 1,
}


async def main() -> None:
    """Serve until killed."""
    ports = {}
    for make, count in MAKES.items():
        for number in range(count):
            ports[f"{make}_{number}"] = (make, await _serve(make))
    print(json.dumps({"ports": ports}), flush=True)
    await asyncio.Event().wait()


async def _serve(make: str) -> int:
    plant = FixedPlant(pv_w=4000.0)
    options = {"framer": "socket"} if make == "eastron_sdm630" else {}
    device = build_device(make, plant, **options)
    device.max_clients, device.connect_delay_s = None, 0.0  # a baseline asks the same device

    def move() -> None:
        plant.grid_w = random.uniform(-3000.0, 3000.0)
        plant.battery_w = random.uniform(-2000.0, 2000.0)

    return await ModbusServer(device=device, before=move).start(0)


if __name__ == "__main__":
    asyncio.run(main())
