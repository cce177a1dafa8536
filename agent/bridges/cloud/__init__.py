"""The cloud: what goes up, what comes down, and the proof that nothing was lost.

The wire is described in docs/cloud-protocol.md; the documents on it in agent.bridges.documents.
"""

from agent.bridges.cloud.bridge import Cloud, CloudOptions

__all__ = ["Cloud", "CloudOptions"]
