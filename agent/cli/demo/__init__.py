"""hearth demo: a whole house in separate processes, the real daemon, and a person at the app.

The simulators know only the wire; nothing of them is imported here.
"""

from agent.cli.demo.command import demo

__all__ = ["demo"]
