"""The Wikipedia Homograph Data (Gorman et al. 2018): sentences in which the pronunciation of one word is labelled."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pngnat.data.pretraining.sources import Passage
from pngnat.errors import PngnatError
from pngnat.text.lexicon import DATA

HELD_OUT_EVERY = 10


@dataclass(frozen=True)
class LabelledSentence:
    """A sentence, before + spelling + after, with the phonemes of `word`, spelled `spelling` there, and the name of
    their `reading`.

    held_out: every tenth sentence of a word, which is never trained on.
    """

    word: str
    reading: str
    phonemes: tuple[str, ...]
    before: str
    spelling: str
    after: str
    held_out: bool

    def marked(self, phonemes: tuple[str, ...] | None = None) -> str:
        """Return the sentence in the front end's markup, with the labelled or the given phonemes; its own brackets are
        removed."""
        before, after = (part.translate(_NO_MARKUP) for part in (self.before, self.after))
        return f"{before}[{self.spelling}]({' '.join(phonemes or self.phonemes)}){after}"


_NO_MARKUP = str.maketrans("[]{}", "    ")


def read_homographs(path: Path) -> Iterator[LabelledSentence]:
    """Yield the labelled sentences of a file like `train.tsv.gz` with labels in heteronyms.tsv. Raise PngnatError for
    other files."""
    labels = _labels()
    seen: Counter[str] = Counter()
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if row["wordid"] not in labels:
                    continue
                word, reading, phonemes = labels[row["wordid"]]
                sentence, start, end = row["sentence"].encode(), int(row["start"]), int(row["end"])
                parts = (sentence[:start].decode(), sentence[start:end].decode(), sentence[end:].decode())
                seen[word] += 1
                yield LabelledSentence(word, reading, phonemes, *parts, held_out=seen[word] % HELD_OUT_EVERY == 0)
    except (OSError, EOFError, KeyError, ValueError) as error:
        raise PngnatError(
            f"{path} is no table of the Wikipedia Homograph Data ({error!r}): give its train.tsv.gz"
        ) from error


def _labels() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Return the mapping label -> (word, reading, phonemes)."""
    found = {}
    for line in (DATA / "heteronyms.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, reading, phonemes, label = line.split("\t")
            if label != "-":
                found[label] = (word, reading, tuple(phonemes.split()))
    return found


@dataclass(frozen=True)
class HomographSentences:
    """A text source of labelled sentences with their pronunciations, without the held-out tenth."""

    path: str

    def passages(self) -> Iterator[Passage]:
        """Yield the sentences in the front end's markup."""
        for sentence in read_homographs(Path(self.path)):
            if not sentence.held_out:
                yield Passage(sentence.marked(), markup=True)

    def fingerprint(self) -> list:
        """Return the file's state and the readings of its labels."""
        return [asdict(self), Path(self.path).stat().st_size, sorted(_labels().items())]
