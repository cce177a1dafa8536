"""TLS towards an MQTT broker."""

import ssl
from pathlib import Path

from agent.model.driver import LinkDown


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho-mqtt leaves that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def tls_context(
    ca: Path | str | None, certificate: Path | str | None, key: Path | str | None
) -> ssl.SSLContext:
    """What checks the broker's certificate and shows ours. Paths of PEM files; reads the disk.

    Raises:
        LinkDown: one of them cannot be used.
    """
    path = ca
    try:
        context = ssl.create_default_context(cafile=path)
        context.sslsocket_class = _TidySocket
        if certificate is not None:
            path = certificate
            context.load_cert_chain(certificate, key)
    except OSError as error:
        reason = error.strerror or str(error)
        raise LinkDown(f"cannot use {path} for TLS: {reason}; it must be a PEM file") from None
    return context
