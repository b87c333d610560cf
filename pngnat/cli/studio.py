"""`pngnat studio`: record, make, shape and use a voice in a browser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from pngnat.errors import extra_needed
from pngnat.server.settings import ServerSettings, given_token

_EXAMPLES = """\
examples:
  pngnat studio                a folder "my voice" here, and the page in your browser
  pngnat studio ann --port 0   Ann's folder, on a free port
  pngnat studio --host 0.0.0.0 for phones in the same network too; whoever has the token that is printed may come in

Everything stays in the folder, on this machine. Without --host, no other machine can reach the page.
"""


def main(arguments: Sequence[str]) -> int:
    """Serve until a signal ends it; returns the exit code."""
    args = studio_parser().parse_args(arguments)
    with extra_needed("studio"):
        from pngnat.studio.making import MakingOptions
        from pngnat.studio.run import StudioSettings, run_studio
    server = ServerSettings(
        host=args.host,
        port=args.port,
        token=given_token(None, args.token_file),
        certificate=args.certificate,
        key=args.key,
        voices=tuple(args.voice),
    )
    making = MakingOptions(args.base, args.budget, args.least)
    run_studio(StudioSettings(args.folder, server, making, not args.no_browser))
    return 0


def studio_parser() -> argparse.ArgumentParser:
    """What `pngnat studio` takes."""
    parser = argparse.ArgumentParser(
        prog="pngnat studio",
        description="Record, make, shape and use a voice, in your browser and on this machine alone.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "folder",
        nargs="?",
        type=Path,
        default=Path("my voice"),
        metavar="FOLDER",
        help="one person's, made where it is missing (my voice)",
    )
    add(
        "--host",
        default="127.0.0.1",
        help="the address to listen on; 0.0.0.0 for other machines too (default: this machine alone)",
    )
    add("--port", type=int, default=8890, help="of the page; 0 takes a free one (default: 8890)")
    add(
        "--token-file",
        metavar="FILE",
        help="a file whose first line lets other machines in (default: a new one with each start)",
    )
    add(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="for https, without which phones give no microphone: a PEM file, and",
    )
    add("--key", type=Path, metavar="FILE", help="its private key")
    add("--no-browser", action="store_true", help="only say where the page is")
    add(
        "--voice",
        action="append",
        default=[],
        metavar="NAME",
        help="a voice to speak with besides; again for more (the bundled ones)",
    )
    add("--base", metavar="VOICE", help="the voice to start from, as for pngnat create")
    add("--budget", type=float, metavar="MINUTES", help="work for a voice, as for pngnat create")
    add(
        "--least",
        type=float,
        default=1.0,
        metavar="MINUTES",
        help="of speech, without which no voice is made (default: 1)",
    )
    return parser
