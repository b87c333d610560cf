"""What a server is told at its start. Imports nothing that takes time."""

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
    """Raises PngnatError for a value that cannot be."""

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for all of the machine's."""
    port: int = 8880
    """Of the HTTP interface; 0 takes a free one."""
    wyoming_port: int | None = None
    """Of the Wyoming protocol, usually 10200; None leaves it out, 0 takes a free one."""
    asterics_port: int | None = None
    """Of AsTeRICS Grid's interface, usually 5555; None leaves it out, 0 takes a free one."""
    zeroconf: bool = False
    """Whether Home Assistant is told of the Wyoming port over the local network (mDNS)."""
    token: str | None = None
    """What an HTTP client must send as `Authorization: Bearer TOKEN`."""
    certificate: Path | None = None
    """For https: a PEM file with the certificate, and one with its private key; None for plain http."""
    key: Path | None = None
    voices: tuple[str, ...] = ()
    """Names and folders of voices, as `find_voice` takes them; the first is the default one. None: the bundled ones."""
    engine: str | None = None
    """What computes, and on which device with how many threads of the processor; see `load_voice`."""
    device: str | None = None
    threads: int | None = None
    watermark: bool = False
    """Whether all sound carries the mark that `pngnat watermark` finds."""
    origins: tuple[str, ...] = ()
    """Web pages that may call the HTTP interface from a browser, as `https://example.org`; `*` for all."""
    at_once: int = 2
    """Requests that are spoken at once."""
    waiting: int = 32
    """Requests that may wait for their turn; more are answered with 429."""
    longest_text: int = 4096
    """Characters of one request, OpenAI's own limit."""
    max_pause: float = 30.0
    """Seconds of silence that one text may ask for."""
    timeout: float = 30.0
    """Seconds that a client may take to send its request, or to take anything of the answer."""
    grace: float = 10.0
    """Seconds that requests get to end when the server is asked to stop."""

    def __post_init__(self) -> None:
        ports = [port for port in (self.port, self.wyoming_port, self.asterics_port) if port is not None]
        for port in ports:
            if not 0 <= port < 2**16:
                raise PngnatError(f"a port must be from 0 to 65535, and is {port}")
        if len(set(filter(None, ports))) < len([port for port in ports if port]):
            raise PngnatError("two services cannot have the same port")
        if self.zeroconf and self.wyoming_port is None:
            raise PngnatError("--zeroconf tells of the Wyoming port, and needs --wyoming-port")
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
        """Whether programs of this machine alone can reach it."""
        return self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def largest_body(self) -> int:
        """Bytes: a text in JSON takes up to 6 a character, and two halves for a rare one."""
        return 12 * self.longest_text + 16_384


def given_token(token: str | None, file: str | os.PathLike | None) -> str | None:
    """The token of an option, of a file's first line, or of the environment variable PNGNAT_TOKEN, in this order; None
    without any."""
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
