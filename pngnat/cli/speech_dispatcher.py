"""`pngnat speech-dispatcher`, and `sd_pngnat`, by which speech-dispatcher calls it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pngnat.cli.main import main as run_command
from pngnat.errors import PngnatError
from pngnat.files import make_folder

_ABOUT = """\
A module for speech-dispatcher, so that Orca, Firefox and Chromium speak with pngnat's voices.

  pngnat speech-dispatcher --set-up          let speech-dispatcher find it, for this user
  spd-say -o pngnat "Hello there."           after that
"""
MODULE, CONFIG = "sd_pngnat", "pngnat.conf"


def main(arguments: Sequence[str]) -> int:
    """Be the module, or set it up; returns the exit code."""
    args = dispatcher_parser().parse_args(arguments)
    if args.set_up:
        return _set_up()
    from pngnat.server.dispatcher_module import run_module

    return run_module(args.config)


def module_main() -> int:
    """The program `sd_pngnat`: the command, as `pngnat` calls it."""
    return run_command(["speech-dispatcher", *sys.argv[1:]])


def dispatcher_parser() -> argparse.ArgumentParser:
    """What `pngnat speech-dispatcher` takes."""
    parser = argparse.ArgumentParser(
        prog="pngnat speech-dispatcher", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "config", nargs="?", metavar="FILE", help="the module's settings, as speech-dispatcher gives them"
    )
    parser.add_argument(
        "--set-up", action="store_true", help="put the module and its settings where speech-dispatcher looks"
    )
    return parser


def _set_up() -> int:
    """A link in ~/.local/libexec/speech-dispatcher-modules, which speech-dispatcher looks through, and settings that
    are kept if there."""
    program = shutil.which(MODULE) or str(Path(sys.argv[0]).with_name(MODULE))
    if not os.access(program, os.X_OK):
        raise PngnatError(f"the program {MODULE} is not to be found; pip installs it beside pngnat")
    link = make_folder(Path.home() / ".local/libexec/speech-dispatcher-modules") / MODULE
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    config = make_folder(folder / "speech-dispatcher/modules") / CONFIG
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(program)
        if not config.exists():
            shutil.copyfile(Path(__file__).parents[1] / "server/data" / CONFIG, config)
    except OSError as error:
        raise PngnatError(f"{error.filename}: cannot be written ({error.strerror})") from error
    print(
        f"{link} is the module, and {config} has its settings.\nAfter the next login, or `killall speech-dispatcher`:\n"
    )
    print('  spd-say -o pngnat "Hello there."\n\nIf your speechd.conf has AddModule lines, add this one:\n')
    print(f'  AddModule "pngnat" "{program}" "{CONFIG}" "pngnat.log"')
    return 0
