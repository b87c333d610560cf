"""Words to wordpieces, as BERT splits them (Devlin et al., arXiv 1810.04805; Wu et al., arXiv 1609.08144, section 4.1).

The library `tokenizers` does the same but brings twenty packages that synthesis does not need. It learns the
wordpieces, with the extra `train`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

UNKNOWN = "[UNK]"
# Letters of the longest word that is split.
LONGEST_WORD = 100
_INSIDE = "##"
_ASCII_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
# The blocks that BERT splits into single characters.
_CHINESE = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPieces:
    """A splitter of text by a vocabulary, in which ## begins the pieces inside a word."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = frozenset(pieces)
        self._longest = max(map(len, self._pieces), default=0)

    def split(self, text: str) -> list[str]:
        """Return the wordpieces of the text, without accents and capitals; UNKNOWN for a word that has none."""
        return [piece for word in _words(_plain(text)) for piece in self._of_word(word)]

    def _of_word(self, word: str) -> list[str]:
        """Return the longest piece at the start of the word, then the longest at the start of its rest, and so on."""
        if len(word) > LONGEST_WORD:
            return [UNKNOWN]
        found: list[str] = []
        start = 0
        while start < len(word):
            ends = range(min(len(word), start + self._longest), start, -1)
            prefix = _INSIDE if start else ""
            end = next((end for end in ends if prefix + word[start:end] in self._pieces), None)
            if end is None:
                return [UNKNOWN]
            found.append(prefix + word[start:end])
            start = end
        return found


def _plain(text: str) -> str:
    """Return the text without control characters, accents and capitals, and with spaces around Chinese characters."""
    if text.isascii() and text.isprintable():
        return text.lower()
    cleaned = "".join(_cleaned(sign) for sign in text)
    bare = "".join(sign for sign in unicodedata.normalize("NFD", cleaned) if unicodedata.category(sign) != "Mn")
    # One by one: the lower case of a complete word has another sigma at its end.
    return "".join(sign.lower() for sign in bare)


def _cleaned(sign: str) -> str:
    if sign in "\t\n\r" or (sign.isspace() and unicodedata.category(sign) != "Cc"):
        return " "
    if sign == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(sign).startswith("C"):
        return ""
    return f" {sign} " if any(first <= ord(sign) <= last for first, last in _CHINESE) else sign


def _words(text: str) -> Iterator[str]:
    """Yield the words between spaces, and each mark as a word."""
    word = ""
    for sign in text:
        is_mark = sign in _ASCII_MARKS or unicodedata.category(sign).startswith("P")
        if (is_mark or sign.isspace()) and word:
            yield word
            word = ""
        if is_mark:
            yield sign
        elif not sign.isspace():
            word += sign
    if word:
        yield word
