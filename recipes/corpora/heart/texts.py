"""Choose and compose the sentences of the heart corpus.

python texts.py metadata.csv --text 'data/text/*.txt.gz' --hours 11 [--without teacher/metadata.csv crowd/metadata.csv]

Lines are id|speaker|split|text, in random order; of forty sentences one is in `valid` and one in `test`. Left out are
sentences that hibari would say otherwise than the front end, and those with words that CMUdict does not have."""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from composed import composed
from hibari import Hibari

from pngnat.data.misaki import differing_words
from pngnat.data.sources import plain_text
from pngnat.data.text_sources import HeldOutSpan, TextFiles
from pngnat.text.frontend import Frontend
from pngnat.text.heteronyms import heteronyms
from pngnat.text.lexicon import dictionary
from pngnat.text.sentences import sentences

SPEAKER = "af_heart"
SECONDS_A_WORD = 0.37
# Words up to, and the share of the found sentences: short ones are hard for models that learned from long ones, and the
# other way round.
LENGTHS = {4: 0.12, 9: 0.22, 15: 0.26, 22: 0.2, 32: 0.13, 60: 0.07}
# Sentences of a length bin that must be questions or exclamations, of which there are few long ones.
LIVELY = 0.25
_ALLOWED = re.compile(r"""[A-Za-z0-9 ,.;:?!'"()—-]+""")
HELD_OUT = Path(__file__).parents[3] / "conf" / "pretrain_novels.yaml"


@dataclass
class Chooser:
    """Accepts sentences that both dictionaries say alike and that nobody has said before. rejected: how many for which
    reason."""

    said: set[str]
    rejected: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._frontend, self._hibari = Frontend(), Hibari()

    def accepts(self, text: str) -> bool:
        """Whether to take the sentence; one that was taken is not taken again."""
        reason = self._fault(text)
        self.rejected[reason or "none"] += 1
        if not reason:
            self.said.add(plain_text(text))
        return not reason

    def _fault(self, text: str) -> str:
        if plain_text(text) in self.said:
            return "said already"
        utterances, phonemes = list(self._frontend.utterances(text)), self._hibari.phonemize(text)
        if len(utterances) != 1 or len(phonemes) != 1:
            return "divided into sentences in two ways"
        if any(word.text.lower() not in dictionary() for word in utterances[0].words):
            return "a word that CMUdict has not"
        differing = differing_words(utterances[0], phonemes[0], self._variants)
        if differing is None:
            return "divided into words in two ways"
        return "said in two ways" if differing else ""

    def _variants(self, word: str) -> list[tuple[str, ...]]:
        """What the aligner may hear instead; of "read" it must not choose."""
        return [] if word.lower() in heteronyms() else self._frontend.pronouncer.variants(word)


def candidates(pattern: str) -> list[str]:
    """All sentences of the texts that the pre-training's held-out novels are not among, in random order."""
    spans = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))["text"]["sources"]["books"]["held_out"]
    held_out = [HeldOutSpan(**{key: value for key, value in span.items() if key != "_target_"}) for span in spans]
    found = {
        sentence.strip()
        for passage in TextFiles(pattern, held_out).passages()
        if not passage.held_out
        for sentence in sentences(passage.text.replace("--", "—"))
    }
    fitting = sorted(sentence for sentence in found if _ALLOWED.fullmatch(sentence) and _is_whole(sentence))
    random.Random(0).shuffle(fitting)
    return fitting


def _is_whole(sentence: str) -> bool:
    return sentence[-1] in '.?!"' and sentence.count('"') % 2 == 0


def found_sentences(texts: list[str], seconds: float, chooser: Chooser) -> Iterator[str]:
    """Sentences of all lengths, LENGTHS of each, that last `seconds` together."""
    mean = sum(share * (low + high) / 2 for (high, share), low in zip(LENGTHS.items(), [1, *LENGTHS], strict=False))
    total = seconds / SECONDS_A_WORD / mean
    lively = {True: LIVELY, False: 1 - LIVELY}
    wanted = Counter(
        {
            (length, is_lively): share * total * lively[is_lively]
            for length, share in LENGTHS.items()
            for is_lively in lively
        }
    )
    for text in texts:
        words = len(text.split())
        kind = (next((length for length in LENGTHS if words <= length), 0), bool(re.search("[?!]", text)))
        if wanted[kind] > 0 and chooser.accepts(text):
            wanted[kind] -= 1
            yield text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("metadata", type=Path, help="file to write")
    parser.add_argument("--text", required=True, help="glob of text files, as conf/pretrain_novels.yaml has them")
    parser.add_argument("--hours", type=float, default=11.0, help="of speech, about")
    parser.add_argument("--composed", type=float, default=0.15, help="share of it that is composed here")
    parser.add_argument(
        "--without", nargs="*", type=Path, default=[], help="metadata.csv of corpora whose texts are not said again"
    )
    given = parser.parse_args()
    said = {
        plain_text(line.split("|")[-1])
        for path in given.without
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    chooser = Chooser(said)
    chosen = list(found_sentences(candidates(given.text), given.hours * 3600 * (1 - given.composed), chooser))
    rest, made = given.hours * 3600 * given.composed, composed(random.Random(1))
    while rest > 0:
        text = next(made)
        if chooser.accepts(text):
            chosen.append(text)
            rest -= SECONDS_A_WORD * len(text.split()) + 0.3
    random.Random(2).shuffle(chosen)
    splits = {0: "valid", 1: "test"}
    lines = [
        f"heart_{number:05d}|{SPEAKER}|{splits.get(number % 40, 'train')}|{text}" for number, text in enumerate(chosen)
    ]
    given.metadata.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(
        f"{len(lines)} sentences;", ", ".join(f"{reason}: {count}" for reason, count in chooser.rejected.most_common())
    )


if __name__ == "__main__":
    main()
