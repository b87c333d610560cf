"""The settings of a server. The module imports nothing slow, so that `--help` is quick."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pngnat.errors import PngnatError, is_printable
from pngnat.files import read_limited

TOKEN_VARIABLE = "PNGNAT_TOKEN"
_LONGEST_TOKEN = 1000


@dataclass(frozen=True)
class ServerSettings:
    """The settings of a server. Raises PngnatError for an invalid value."""

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 listens on all addresses of the machine."""
    port: int = 8880
    """The port of the HTTP interface; 0 takes a free one."""
    wyoming_port: int | None = None
    """The port of the Wyoming protocol, usually 10200; 0 takes a free one, None switches the protocol off."""
    asterics_port: int | None = None
    """The port of AsTeRICS Grid's interface, usually 5555; 0 takes a free one, None switches the interface off."""
    zeroconf: bool = False
    """Whether to announce the Wyoming port to Home Assistant over the local network (mDNS)."""
    token: str | None = None
    """The token that an HTTP client must send as `Authorization: Bearer TOKEN`; None requires none."""
    certificate: Path | None = None
    """The certificate for https, a PEM file; None serves plain http."""
    key: Path | None = None
    """The private key of the certificate, a PEM file."""
    voices: tuple[str, ...] = ()
    """Names and folders of voices, as `find_voice` takes them; the first is the default. Empty: the bundled voices."""
    engine: str | None = None
    """The engine that computes; None takes the voice's own choice. See `load_voice`."""
    device: str | None = None
    """The device that computes, such as cuda; None takes the processor."""
    threads: int | None = None
    """Processor threads for one text; None leaves the number to the engine."""
    watermark: bool = False
    """Whether to mark all sound, so that `pngnat watermark` recognizes it."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may call the HTTP interface, such as `https://example.org`; `*` allows all."""
    at_once: int = 2
    """Texts that are synthesized at once."""
    waiting: int = 32
    """Texts that may wait for their turn; more are answered with 429."""
    longest_text: int = 4096
    """Characters that one text may have; the default is OpenAI's own limit."""
    max_pause: float = 30.0
    """Seconds of silence that a text may request."""
    timeout: float = 30.0
    """Seconds that a client may take to send its request, or to receive any part of the answer."""
    grace: float = 10.0
    """Seconds that running requests have to end when the server stops."""

    def __post_init__(self) -> None:
        ports = [port for port in (self.port, self.wyoming_port, self.asterics_port) if port is not None]
        for port in ports:
            if not 0 <= port < 2**16:
                raise PngnatError(f"a port must be from 0 to 65535, and is {port}")
        if len(set(filter(None, ports))) < len([port for port in ports if port]):
            raise PngnatError("two services cannot have the same port")
        if self.zeroconf and self.wyoming_port is None:
            raise PngnatError("--zeroconf announces the Wyoming port, and needs --wyoming-port")
        if (self.certificate is None) != (self.key is None):
            raise PngnatError("https needs both --certificate and --key")
        if self.threads is not None:
            _check("--threads", self.threads, 1, 1024)
        _check("--at-once", self.at_once, 1, 256)
        _check("--queue", self.waiting, 0, 10_000)
        _check("--max-text", self.longest_text, 1, 1_000_000)
        _check("--max-pause", self.max_pause, 0, 3600)
        _check("the timeout", self.timeout, 0.05, 3600)
        _check("the grace", self.grace, 0, 3600)
        if self.token is not None and not (
            0 < len(self.token) <= _LONGEST_TOKEN and self.token.isascii() and is_printable(self.token)
        ):
            raise PngnatError(f"the token must have 1 to {_LONGEST_TOKEN} printable ASCII characters")

    @property
    def is_local(self) -> bool:
        """Return whether only programs on this machine can reach the server."""
        return self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def largest_body(self) -> int:
        """Return the bytes that a body may have: JSON takes up to 6 for a character, and 12 for one outside the BMP."""
        return 12 * self.longest_text + 16_384


def given_token(token: str | None, file: str | os.PathLike | None) -> str | None:
    """Return the token of an option, of a file's first line, or of the variable PNGNAT_TOKEN, in this order, or None.

    Raises PngnatError for a file that cannot be read or begins with an empty line.
    """
    if token is not None:
        return token
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    lines = read_limited(Path(file), 2 * _LONGEST_TOKEN).decode("utf-8", "replace").splitlines()
    if not lines or not lines[0].strip():
        raise PngnatError(f"{file}: its first line should be the token, and is empty")
    return lines[0].strip()


def _check(name: str, value: float, smallest: float, largest: float) -> None:
    if not smallest <= value <= largest:
        raise PngnatError(f"{name} must be from {smallest:g} to {largest:g}, and is {value:g}")
