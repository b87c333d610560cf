"""Make pngnat/text/data/rare_words.tsv, the words that CMUdict lacks, from misaki's American dictionary.

    pip download misaki --no-deps && unzip misaki-*.whl "misaki/data/us_gold.json"
    python recipes/rare_words.py misaki/data/us_gold.json

misaki (Apache-2.0) is what Kokoro is spoken from; only its dictionary is used. One line a word, sorted, in CMUdict's
ARPAbet."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from pngnat.text.ipa import parse_ipa
from pngnat.text.lexicon import dictionary

TARGET = Path(__file__).resolve().parents[1] / "pngnat" / "text" / "data" / "rare_words.tsv"
# Words and names; what has other capitals is an abbreviation, "ahhh" three vowels, and "drawing" rhymes with "boing"
# there.
_WORD = re.compile(r"(?!.*awing|.*(.)\1\1)[A-Z]?[a-z]{2,}(?:'[a-z]+)?")


def arpabet(misaki: str) -> str:
    """A word of the dictionary as CMUdict would write it.

    Each vowel stands by itself there, since diphthongs are capitals. CMUdict has no consonant twice in a row, and a
    main stress each time."""
    stressed = misaki if "ˈ" in misaki else "ˈ" + misaki
    phonemes = " ".join(parse_ipa(re.sub("(?=[əɪʊi])", ".", stressed)))
    return re.sub(r"\b([A-Z]+) (?=\1\b)", "", phonemes)


def pronunciations(entries: dict[str, str | dict[str, str | None]]) -> dict[str, str]:
    """ARPAbet by lower-case word, for words that CMUdict lacks. entries: misaki's symbols, or such by part of
    speech."""
    words: dict[str, str] = {}
    for word, entry in sorted(entries.items(), key=lambda item: item[0] != item[0].lower()):
        symbols = entry["DEFAULT"] if isinstance(entry, dict) else entry
        phonemes = arpabet(symbols) if symbols else ""
        if "1" in phonemes and _WORD.fullmatch(word) and word.lower() not in dictionary():
            words.setdefault(word.lower(), phonemes)
    return words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    words = pronunciations(json.loads(parser.parse_args().source.read_text(encoding="utf-8")))
    TARGET.write_bytes("".join(f"{word}\t{phonemes}\n" for word, phonemes in sorted(words.items())).encode())
    print(f"{len(words)} words, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
