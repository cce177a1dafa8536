"""The baseline for memory: an interpreter that has imported the same libraries, and waits.

Prints {"imported": true}.
"""

# ruff: noqa: F401
import asyncio
import json
import time

import aiomqtt
import aiosqlite
import ocpp.v16
import orjson
import pydantic_settings
import pymodbus.client
import websockets.asyncio.server
import yaml

print(json.dumps({"imported": True}), flush=True)
while True:
    time.sleep(3600)
