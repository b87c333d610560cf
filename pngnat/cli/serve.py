"""`pngnat serve`: speech for other programs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from pngnat.errors import extra_needed
from pngnat.server.settings import TOKEN_VARIABLE, ServerSettings, given_token

_EXAMPLES = """\
examples:
  pngnat serve                                        OpenAI's interface at http://127.0.0.1:8880/v1
  pngnat serve --voice ann --voice english            the first voice is the default one
  pngnat serve --wyoming-port 10200 --host 0.0.0.0    for Home Assistant
  pngnat serve --host 0.0.0.0 --token-file token.txt  for other machines too

docs/server.md tells how each program is set up.
"""


def main(arguments: Sequence[str]) -> int:
    """Serve until a signal ends it; returns the exit code."""
    settings = _settings(serve_parser().parse_args(arguments))
    with extra_needed("serve"):
        from pngnat.server.run import serve
    serve(settings)
    return 0


def serve_parser() -> argparse.ArgumentParser:
    """What `pngnat serve` takes."""
    parser = argparse.ArgumentParser(
        prog="pngnat serve",
        description="Speak for other programs: over HTTP as OpenAI does, over Wyoming, and for AsTeRICS Grid.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = ServerSettings()
    add = parser.add_argument
    add(
        "--voice",
        action="append",
        default=[],
        metavar="NAME",
        help="a voice's name or folder; again for more (default: the bundled ones)",
    )
    add("--engine", metavar="NAME", help="what computes (default: the voice's own choice)")
    add("--device", metavar="NAME", help="where it computes, such as cuda (default: the processor)")
    add("--threads", type=int, metavar="N", help="processor threads that one text may use")
    add("--host", default=usual.host, help=f"the address to listen on (default: {usual.host}, this machine alone)")
    add(
        "--port",
        type=int,
        default=usual.port,
        help=f"of the HTTP interface; 0 takes a free one (default: {usual.port})",
    )
    add("--wyoming-port", type=int, metavar="PORT", help="also speak Wyoming, for Home Assistant; usually 10200")
    add("--zeroconf", action="store_true", help="tell Home Assistant of it over the local network")
    add("--asterics-port", type=int, metavar="PORT", help="also answer AsTeRICS Grid; usually 5555")
    add("--watermark", action="store_true", help="mark all sound, unheard, so that pngnat watermark knows it")
    add(
        "--token",
        help=f"what clients must send as a bearer token; seen by all users of the machine, better in ${TOKEN_VARIABLE} or",
    )
    add("--token-file", metavar="FILE", help="a file whose first line is the token")
    add("--certificate", type=Path, metavar="FILE", help="for https: the certificate as a PEM file, and")
    add("--key", type=Path, metavar="FILE", help="its private key")
    add(
        "--allow-origin",
        action="append",
        default=[],
        metavar="URL",
        help="a web page's origin that may call from a browser; again for more",
    )
    add(
        "--at-once",
        type=int,
        default=usual.at_once,
        metavar="N",
        help=f"texts that are spoken at once (default: {usual.at_once})",
    )
    add(
        "--queue",
        type=int,
        default=usual.waiting,
        metavar="N",
        help=f"texts that may wait; more get 429 (default: {usual.waiting})",
    )
    add(
        "--max-text",
        type=int,
        default=usual.longest_text,
        metavar="N",
        help=f"characters of one text (default: {usual.longest_text})",
    )
    add(
        "--max-pause",
        type=float,
        default=usual.max_pause,
        metavar="SECONDS",
        help=f"silence that a text may ask for (default: {usual.max_pause:g})",
    )
    return parser


def _settings(args: argparse.Namespace) -> ServerSettings:
    return ServerSettings(
        host=args.host,
        port=args.port,
        wyoming_port=args.wyoming_port,
        asterics_port=args.asterics_port,
        zeroconf=args.zeroconf,
        token=given_token(args.token, args.token_file),
        certificate=args.certificate,
        key=args.key,
        voices=tuple(args.voice),
        engine=args.engine,
        device=args.device,
        threads=args.threads,
        watermark=args.watermark,
        origins=tuple(args.allow_origin),
        at_once=args.at_once,
        waiting=args.queue,
        longest_text=args.max_text,
        max_pause=args.max_pause,
    )
