"""The tick: look, decide, act. The only place where planning meets hardware."""

from agent.control.control import Control
from agent.control.outlet import Outlet

__all__ = ["Control", "Outlet"]
