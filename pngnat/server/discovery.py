"""Telling Home Assistant over the local network (mDNS) where the Wyoming port is."""

from __future__ import annotations

import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pngnat.errors import PngnatError

_SERVICE = "_wyoming._tcp.local."
# Of mDNS: the address that packets for it leave from is the one to tell of.
_GROUP = ("224.0.0.251", 5353)
_EVERYWHERE = ("0.0.0.0", "::", "")


@asynccontextmanager
async def announced(host: str, port: int) -> AsyncIterator[None]:
    """Tell of it until the block ends. Raises PngnatError where zeroconf is missing or there is no network."""
    try:
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf
    except ImportError as error:
        raise PngnatError('zeroconf is not installed: pip install "pngnat[zeroconf]"') from error
    options: dict[str, Any] = {} if host in _EVERYWHERE else {"interfaces": [host]}
    try:
        address = own_address() if host in _EVERYWHERE else socket.gethostbyname(host)
        name = f"pngnat-{uuid.getnode():012x}-{port}.{_SERVICE}"
        info = AsyncServiceInfo(_SERVICE, name, addresses=[socket.inet_aton(address)], port=port)
        zeroconf = AsyncZeroconf(**options)
    except OSError as error:
        raise PngnatError(f"--zeroconf finds no network to tell of this server ({error.strerror or error})") from error
    try:
        await (await zeroconf.async_register_service(info))
        yield
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def own_address() -> str:
    """The address of this machine in its network. Raises OSError where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_GROUP)
        return probe.getsockname()[0]
