"""The baseline for commands: paho-mqtt as it comes, that confirms what it is told.

    python -m benchmarks.peers.mqtt_answerer BROKER_PORT

Prints {"up": true}, and {"limit_a": ..., "at_s": ...} for each command.
"""

import json
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

COMMANDS, STATE = "hearth/bench/garage/current_limit/set", "hearth/bench/garage/state"


def on_message(client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
    at_s = time.monotonic()
    limit_a = float(message.payload)
    print(json.dumps({"limit_a": limit_a, "at_s": at_s}), flush=True)
    client.publish(STATE, json.dumps({"current_limit": limit_a}), qos=1, retain=True)


def on_subscribe(*_: object) -> None:
    print(json.dumps({"up": True}), flush=True)


def main() -> None:
    """Serve until killed."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message, client.on_subscribe = on_message, on_subscribe
    client.connect("127.0.0.1", int(sys.argv[1]))
    client.subscribe(COMMANDS, qos=1)
    client.loop_forever()


if __name__ == "__main__":
    main()
