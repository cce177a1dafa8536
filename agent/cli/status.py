"""hearth status"""

import json
import time
from pathlib import Path

from agent.cli.ask import ask, where

REFRESH_S = 1.0


def status(config: Path, socket_path: Path | None, as_json: bool, watch: bool) -> int:  # noqa: FBT001
    """Show the living house once, or until Ctrl-C.

    Raises:
        ConfigError, NotRunning: see `where` and `ask`.
    """
    path, zone = where(config, socket_path)
    doc = ask(path, {"ask": "status"})
    if as_json:
        print(json.dumps(doc, indent=2))
        return 0
    from rich.console import Console
    from rich.live import Live

    from agent.cli.screen import screen

    console = Console()
    if not watch:
        console.print(screen(doc, zone=zone, plan=ask(path, {"ask": "plan"})))
        return 0
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                plan = ask(path, {"ask": "plan"})
                shown = screen(doc, zone=zone, plan=plan, lines=console.height)
                live.update(shown, refresh=True)
                time.sleep(REFRESH_S)
                doc = ask(path, {"ask": "status"})
    except KeyboardInterrupt:
        return 0
