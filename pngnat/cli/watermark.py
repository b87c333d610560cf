"""`pngnat watermark`: which sounds carry the watermark."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

_ABOUT = """\
Tell which sounds carry the watermark that `pngnat TEXT --watermark` and `pngnat serve --watermark` put there. It is Resemble AI's Perth,
and other programs' speech may carry it too; a sound that carries none can be synthetic all the same.
The exit code is 0 where all of them do, and 1 where one does not.
"""


def main(arguments: Sequence[str]) -> int:
    """Print what is found in each file; returns the exit code."""
    args = watermark_parser().parse_args(arguments)
    from pngnat.audio.watermark import THRESHOLD, find_watermark
    from pngnat.audio.wav import read_as_is

    all_marked = True
    for name in args.files:
        samples, rate = read_as_is(name)
        found = find_watermark(samples.mean(axis=1), rate)
        marked = int((found >= THRESHOLD).sum())
        parts = "" if marked in (0, len(found)) else f" in {marked} of {len(found)} parts"
        print(f"{name}: {f'watermark{parts}' if marked else 'no watermark'} (confidence {found.mean():.2f})")
        all_marked = all_marked and marked == len(found)
    return 0 if all_marked else 1


def watermark_parser() -> argparse.ArgumentParser:
    """What `pngnat watermark` takes."""
    parser = argparse.ArgumentParser(
        prog="pngnat watermark", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a sound file, such as .wav, .flac, .mp3 or .opus")
    return parser
