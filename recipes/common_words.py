"""Make pngnat/text/data/common_words.txt: words that may be a part of a compound ("smart" + "watch").

    python recipes/common_words.py text.txt.gz [more ...]

From public-domain text: words of 3 letters or more that CMUdict has, seen at least 8 times, in lower case at least half
the time. CMUdict alone will not do: it is full of surnames, with which every unknown word falls into pieces."""

from __future__ import annotations

import argparse
import gzip
import re
from collections import Counter
from pathlib import Path

from pngnat.text.lexicon import DATA, dictionary

MODERN = (
    "app audio backup base blog board book browser bug byte cam camera chat check click cloud code computer credit cyber data desk "
    "digital disk drive drone email file film flash font game geek graph hacker hash head home host icon internet kick key laptop "
    "layout link live log login mail man map media menu meter mobile mouse net network news nerd note office online page paper park pass "
    "phone photo pixel plane plug pod point print program radio robot scan screen script search server set shop site smart snap soft "
    "software song space speaker spread stand start station store stream studio surf sync tablet tape team tech text thread time tip "
    "tool touch town track truck tube tv type up user vid video view voice wall ware watch wave web wheel wire word work worth zone"
).split()
LEAST = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    counts: Counter[str] = Counter()
    for path in parser.parse_args().texts:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                counts.update(re.findall(r"(?<![\w'])[A-Za-z]{3,}(?![\w'])", line))
    words = {
        word
        for word, count in counts.items()
        if word.islower() and count >= LEAST and count >= counts[word.capitalize()]
    }
    kept = sorted(word for word in words | set(MODERN) if word in dictionary() and len(word) > 2)
    Path(str(DATA / "common_words.txt")).write_text("\n".join(kept) + "\n", encoding="utf-8")
    print(f"{len(kept)} words")


if __name__ == "__main__":
    main()
