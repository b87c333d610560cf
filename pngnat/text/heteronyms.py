"""The pronunciation of heteronyms ("read", "lead", "close") in a sentence.

A linear classifier for each word over its neighbours. Words with a reading as a verb also share weights, as in
"Frustratingly easy domain adaptation" (Daumé 2007). recipes/heteronyms.py trains it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from pngnat.text.lexicon import DATA

VERB = "verb"
_GROUPS = {
    "DET": "a an the this that these those some any every each no another its either neither",
    "POS": "my your his her our their whose",
    "PRON": "i you he she it we they who",
    "OBJ": "me him us them it myself yourself himself herself itself ourselves themselves",
    "PREP": "of in on at by for with from into about over under through between after before during against without "
    "within near off out up down",
    "TO": "to",
    "MODAL": "will would can could may might must shall should ll cannot can't won't wouldn't couldn't shouldn't i'll "
    "you'll we'll they'll he'll she'll it'll",
    "DO": "do does did don't doesn't didn't let let's please",
    "BE": "is are was were be been being am isn't aren't wasn't weren't i'm you're we're they're he's she's it's "
    "that's",
    "HAVE": "have has had haven't hasn't hadn't i've you've we've they've having",
    "NOT": "not never n't",
    "CONJ": "and or but nor",
    "SUB": "that which when where while if because how why what as than so",
    "ADV": "very too so really just also always often usually already still even only more most",
    "NUM": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million "
    "billion",
}
# Words whose present and past are spelled alike; cues anywhere in the sentence tell them apart.
_TENSED = frozenset({"read"})
_CUES = {
    "habit": "every each always usually often sometimes daily weekly nightly monthly never rarely seldom regularly "
    "normally generally days nowadays",
    "ago": "yesterday ago last once earlier previously",
    "past": "was were had did went said came took got made saw heard told found knew gave thought felt left began "
    "stood sat ran wrote kept held brought met asked looked",
    "now": "is are am do does can will should must may today now tomorrow tonight",
}
_CUE = {word: name for name, words in _CUES.items() for word in words.split()}
_CLASS = {word: name for name, words in reversed(_GROUPS.items()) for word in words.split()}
_ENDINGS = (
    ("ing", "ing"), ("ed", "ed"), ("ly", "ly"), ("tion", "N"), ("sion", "N"), ("ment", "N"), ("ness", "N"),
    ("ity", "N"), ("ism", "N"), ("ous", "A"), ("ful", "A"), ("able", "A"), ("ible", "A"), ("al", "A"), ("ive", "A"),
    ("ic", "A"), ("less", "A"), ("er", "er"), ("est", "est"), ("'s", "poss"), ("ss", "X"), ("us", "X"), ("s", "s"),
)  # fmt: skip
_NEAR = 3
_FAR = 9


def word_class(token: str) -> str:
    """Return a rough part of speech: a closed class, a mark, or a class by the ending; "END" outside the sentence."""
    lower = token.lower()
    if not token:
        return "END"
    if not token[0].isalpha() and token[0] != "'":
        return "MARK"
    if lower in _CLASS:
        return _CLASS[lower]
    return next((name for ending, name in _ENDINGS if lower.endswith(ending) and len(lower) > len(ending) + 1), "X")


def features(tokens: Sequence[str], index: int) -> list[str]:
    """Return the features of tokens[index] in the words and marks of a sentence: neighbours, classes, farther words.

    Features that begin with "~" (words at any distance) have weights for single words only, none that verbs share.
    """
    around = {offset: tokens[index + offset] if 0 <= index + offset < len(tokens) else "" for offset in range(-3, 4)}
    name = {offset: (_CLASS.get(token.lower()) == "NUM" and "<n>") or token.lower() for offset, token in around.items()}
    kind = {offset: word_class(token) for offset, token in around.items()}
    word = tokens[index]
    case = "upper" if word.isupper() else "cap" if word[:1].isupper() else "low"
    found = ["bias", f"case {case}", f"case {case} {'first' if kind[-1] in ('END', 'MARK') else 'inside'}"]
    for offset in (-3, -2, -1, 1, 2, 3):
        found.append(f"w{offset} {name[offset]}")
        found.append(f"k{offset} {kind[offset]}")
    found += [
        f"k-1k1 {kind[-1]} {kind[1]}",
        f"k-2k-1 {kind[-2]} {kind[-1]}",
        f"k1k2 {kind[1]} {kind[2]}",
        f"w-1k1 {name[-1]} {kind[1]}",
        f"k-1w1 {kind[-1]} {name[1]}",
        f"w-2w-1 {name[-2]} {name[-1]}",
        f"c1 {around[1][:1].isupper()}",
        f"c-1 {around[-1][:1].isupper()}",
    ]
    return found + sorted({f"~{other}" for other in _further(tokens, index)})


def _further(tokens: Sequence[str], index: int) -> Iterator[str]:
    for position in range(max(0, index - _FAR), min(len(tokens), index + _FAR + 1)):
        token = tokens[position].lower()
        if position != index and token in _CUE and tokens[index].lower() in _TENSED:
            yield f"<{_CUE[token]}>"
        if position != index and word_class(token) in ("X", "N", "A", "s", "ing", "ed", "er"):
            yield token


class Heteronyms:
    """The readings of heteronyms, and the weights that choose between them."""

    def __init__(self) -> None:
        self._readings = readings()

    @cached_property
    def _weights(self) -> dict:
        """Read the weights at the first heteronym: most sentences have none."""
        return json.loads(gzip.decompress((DATA / "heteronyms.json.gz").read_bytes()))

    def __contains__(self, word: str) -> bool:
        return word in self._readings

    def choose(self, tokens: Sequence[str], index: int) -> tuple[str, ...]:
        """Return the phonemes of the heteronym tokens[index]. tokens: the words and marks of one sentence."""
        word = tokens[index].lower()
        first, second = self._readings[word].items()
        own: dict[str, float] = self._weights["words"].get(word, {})
        shared: dict[str, float] = self._weights["shared"] if second[0] == VERB else {}
        score = sum(own.get(one, 0.0) + shared.get(one, 0.0) for one in features(tokens, index))
        return (second if score > 0 else first)[1]


@lru_cache(maxsize=1)
def readings() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return word -> {reading: phonemes}, two readings a word; a verb is the second one."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in (DATA / "heteronyms.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, reading, phonemes, _ = line.split("\t")
            found.setdefault(word, {})[reading] = tuple(phonemes.split())
    return found


@lru_cache(maxsize=1)
def heteronyms() -> Heteronyms:
    """Return the shared classifier, read at the first use."""
    return Heteronyms()
