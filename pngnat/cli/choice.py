"""The help of a command whose first word says what is done."""

from __future__ import annotations

import argparse
from collections.abc import Mapping


def choice_parser(
    command: str, word: str, rest: str, about: str, summaries: Mapping[str, str]
) -> argparse.ArgumentParser:
    """A parser that takes one of the names in `summaries`, and lists them with a line each.

    word: what a name is called. rest: what follows it, in the usage. about: what the command does.
    """
    width = max(map(len, summaries)) + 2
    listed = "\n".join(f"  {name:<{width}}{summary}" for name, summary in summaries.items())
    parser = argparse.ArgumentParser(
        prog=command,
        usage=f"{command} {word} {rest}",
        description=f"{about}:\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(word.lower(), metavar=word, choices=list(summaries), help="one of the above")
    return parser
