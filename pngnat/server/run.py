"""The start and the end of a server: its ports, signals and announcement in the local network."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

from pngnat.errors import PngnatError, extra_command
from pngnat.server.app import http_app
from pngnat.server.asterics import asterics_app
from pngnat.server.connections import HttpServer
from pngnat.server.service import Service
from pngnat.server.settings import ServerSettings
from pngnat.server.wyoming_server import WyomingServer

_ZEROCONF_SERVICE = "_wyoming._tcp.local."
# The multicast group of mDNS: the address that packets for it leave from is the one to announce.
_ZEROCONF_GROUP = ("224.0.0.251", 5353)
_ALL_ADDRESSES = ("0.0.0.0", "::", "")


@dataclass(frozen=True)
class Running:
    """A running server. ports: by interface. stop: ends the server, from any thread; a second call does not wait for
    running requests."""

    service: Service
    ports: dict[str, int]
    stop: Callable[[], None]


def serve(
    settings: ServerSettings,
    on_ready: Callable[[Running], None] | None = None,
    make_app: Callable[[Service], ASGIApp] = http_app,
) -> None:
    """Serve until SIGTERM or SIGINT; a second signal does not wait for running requests.

    on_ready: called when the server answers. make_app: makes the HTTP application.
    Raises PngnatError where a port is taken or a voice cannot be loaded.
    """
    _raise_file_limit()
    _check_certificate(settings)
    ports = {"http": settings.port, "wyoming": settings.wyoming_port, "asterics": settings.asterics_port}
    with ExitStack() as stack:
        sockets = {
            name: stack.enter_context(_bound(settings.host, port, name))
            for name, port in ports.items()
            if port is not None
        }
        service = Service.start(settings)
        try:
            asyncio.run(_serve(service, make_app(service), sockets, on_ready))
        finally:
            service.jobs.close()


async def _serve(
    service: Service, app: ASGIApp, sockets: dict[str, socket.socket], on_ready: Callable[[Running], None] | None
) -> None:
    settings, loop, stopping = service.settings, asyncio.get_running_loop(), asyncio.Event()
    servers = {"http": HttpServer(settings, app)}
    if "asterics" in sockets:
        servers["asterics"] = HttpServer(settings, asterics_app(service))

    def stop() -> None:
        for server in servers.values():
            server.force_exit = server.should_exit
            server.should_exit = True
        loop.call_soon_threadsafe(stopping.set)

    async with AsyncExitStack() as stack:
        stack.enter_context(_on_signals(stop))
        runs = [asyncio.create_task(server.serve(sockets=[sockets[name]])) for name, server in servers.items()]
        if "wyoming" in sockets:
            runs.append(asyncio.create_task(WyomingServer(service).run(sockets["wyoming"], stopping)))
        if settings.zeroconf:
            await stack.enter_async_context(_announced(settings.host, sockets["wyoming"].getsockname()[1]))
        while not all(server.started for server in servers.values()):
            await asyncio.sleep(0.01)
        _print_addresses(settings, sockets)
        if on_ready is not None:
            on_ready(Running(service, {name: bound.getsockname()[1] for name, bound in sockets.items()}, stop))
        await asyncio.gather(*runs)


def _print_addresses(settings: ServerSettings, sockets: dict[str, socket.socket]) -> None:
    for name, bound in sockets.items():
        _print(f"{name} on {_address(bound)}")
    if not settings.is_local and settings.token is None:
        _print("everyone who can reach this address may use it; --token-file requires a token")
    elif settings.token is not None and len(sockets) > 1:
        _print("the token protects the HTTP interface only: Wyoming and AsTeRICS Grid cannot send one")


@asynccontextmanager
async def _announced(host: str, port: int) -> AsyncIterator[None]:
    """Announce the Wyoming port by mDNS within the block. Raises PngnatError without zeroconf or without a network."""
    try:
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf
    except ImportError as error:
        raise PngnatError(f"zeroconf is not installed: {extra_command('zeroconf')}") from error
    options: dict[str, Any] = {} if host in _ALL_ADDRESSES else {"interfaces": [host]}
    try:
        address = own_address() if host in _ALL_ADDRESSES else socket.gethostbyname(host)
        name = f"pngnat-{uuid.getnode():012x}-{port}.{_ZEROCONF_SERVICE}"
        info = AsyncServiceInfo(_ZEROCONF_SERVICE, name, addresses=[socket.inet_aton(address)], port=port)
        zeroconf = AsyncZeroconf(**options)
    except OSError as error:
        raise PngnatError(
            f"--zeroconf finds no network to announce this server in ({error.strerror or error})"
        ) from error
    try:
        await (await zeroconf.async_register_service(info))
        yield
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def own_address() -> str:
    """Return the address of this machine in its network. Raises OSError without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ZEROCONF_GROUP)
        return probe.getsockname()[0]


@contextmanager
def _on_signals(stop: Callable[[], None]) -> Iterator[None]:
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # allowed in the main thread only; in another one, `Running.stop` ends the server
            before[number] = signal.signal(number, lambda *_: stop())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _bound(host: str, port: int, name: str) -> Iterator[socket.socket]:
    """Bind a socket before the voices load, so that a taken port is an error at once; it listens later."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            yield bound
    except OSError as error:
        option = "--port" if name == "http" else f"--{name}-port"
        raise PngnatError(
            f"cannot listen on {host} port {port} ({error.strerror or error}); choose another one with {option}"
        ) from error


def _check_certificate(settings: ServerSettings) -> None:
    """Check the certificate before the voices load. Raises PngnatError for one that cannot be used."""
    if settings.certificate is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(settings.certificate, settings.key)
    except OSError as error:  # ssl.SSLError is one
        raise PngnatError(
            f"{settings.certificate} and {settings.key} are not a certificate and its key in PEM format ({error})"
        ) from error


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"{f'[{host}]' if ':' in host else host}:{port}"


def _print(line: str) -> None:
    print(f"pngnat serve: {line}", file=sys.stderr, flush=True)


def _raise_file_limit() -> None:
    """Raise the limit of open files to the user's maximum; the default, 1,024, is soon reached by idle clients."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
