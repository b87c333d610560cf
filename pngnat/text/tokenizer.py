"""PnG tokens: the phoneme segment and the grapheme segment of one utterance, in one id space (PnG BERT, arXiv
2103.15060)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.text.phonemes import BOUNDARIES, PHONEMES, PUNCTUATION, WORD_BOUNDARY, boundary_token
from pngnat.text.utterance import Utterance
from pngnat.text.wordpieces import LONGEST_WORD, UNKNOWN, WordPieces
from pngnat.untrusted import MIB, read_json

SPECIALS = ("[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]")
PAD, CLS, SEP, MASK, UNK = range(len(SPECIALS))
FORMAT = 1
FILE = "tokenizer.json"
_FIRST_PHONEME = len(SPECIALS)
_FIRST_BOUNDARY = _FIRST_PHONEME + len(PHONEMES)
_FIRST_WORDPIECE = _FIRST_BOUNDARY + len(BOUNDARIES)
# Words whose wordpieces are cached; gigabytes of text have more than the memory should hold.
_MOST_KEPT = 100_000
# The limits of a vocabulary: BERT's for 104 languages has 119,547 wordpieces.
_MOST_WORDPIECES, _LARGEST_FILE = 150_000, 4 * MIB
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789'-&"


@dataclass(frozen=True)
class PngTokens:
    """The tokens of one utterance for PnG BERT: `[CLS] phonemes and boundaries [SEP] wordpieces [SEP]`.

    ids, segments, word_positions: (L,) int64. segments: 0 = phonemes (with [CLS] and the first [SEP]), 1 = wordpieces.
    word_positions: 0 for [CLS], [SEP], plain word boundaries and marks before the first word (whose silence [CLS]
    owns);
        words and punctuation count up together from 1, the same number in both segments.
    num_phoneme_tokens: N, the tokens before the first [SEP]: 1 + phonemes + W.
    word_index: (N,) int64, the index into utterance.words, -1 for [CLS] and boundaries.
    symbols: N phonemes and boundary tokens as text.
    """

    ids: np.ndarray
    segments: np.ndarray
    word_positions: np.ndarray
    num_phoneme_tokens: int
    word_index: np.ndarray
    symbols: tuple[str, ...]


class PngTokenizer:
    """The tokenizer of utterances. wordpieces: the vocabulary of the grapheme segment, in the order of its ids."""

    pad_id, cls_id, sep_id, mask_id, unk_id = PAD, CLS, SEP, MASK, UNK
    phoneme_ids = range(_FIRST_PHONEME, _FIRST_BOUNDARY)
    boundary_ids = range(_FIRST_BOUNDARY, _FIRST_WORDPIECE)

    def __init__(self, wordpieces: Iterable[str]) -> None:
        self._wordpieces = tuple(wordpieces)
        self._symbol_ids = {symbol: _FIRST_PHONEME + index for index, symbol in enumerate((*PHONEMES, *BOUNDARIES))}
        self._piece_ids = {piece: _FIRST_WORDPIECE + index for index, piece in enumerate(self._wordpieces)}
        if len(self._piece_ids) != len(self._wordpieces):
            raise PngnatError("the tokenizer's wordpieces are not distinct; train it again")
        self._splitter = WordPieces(self._wordpieces)
        self._cache: dict[str, list[int]] = {}

    @property
    def wordpieces(self) -> tuple[str, ...]:
        """The vocabulary of the grapheme segment, in which two tokenizers can differ."""
        return self._wordpieces

    @property
    def vocabulary_size(self) -> int:
        """The number of all ids: specials, phonemes, boundaries and wordpieces."""
        return _FIRST_WORDPIECE + len(self._wordpieces)

    @property
    def wordpiece_ids(self) -> range:
        """The ids of the grapheme segment."""
        return range(_FIRST_WORDPIECE, self.vocabulary_size)

    @classmethod
    def train(cls, texts_or_utterances: Iterable[str | Utterance], vocabulary_size: int) -> PngTokenizer:
        """Learn wordpieces from normalized text. vocabulary_size: the largest number of ids, with phonemes.

        Every letter, digit and mark gets a wordpiece, even where the text lacks it.
        """
        from tokenizers import trainers

        base = _base_wordpieces()
        if vocabulary_size < _FIRST_WORDPIECE + len(base):
            raise PngnatError(
                f"a vocabulary of {vocabulary_size} is too small; it needs at least {_FIRST_WORDPIECE + len(base)}"
            )
        learner = _learner(base)
        room = vocabulary_size - _FIRST_WORDPIECE
        trainer = trainers.WordPieceTrainer(
            vocab_size=room, show_progress=False, special_tokens=[UNKNOWN], limit_alphabet=200
        )
        texts = (item.text if isinstance(item, Utterance) else item for item in texts_or_utterances)
        learner.train_from_iterator(texts, trainer)
        learned = sorted(learner.get_vocab().items(), key=lambda item: item[1])
        pieces = dict.fromkeys([*base, *(piece for piece, _ in learned if piece != UNKNOWN)])
        return cls(list(pieces)[:room])

    def encode(self, utterance: Utterance) -> PngTokens:
        """Return the tokens of `utterance`, which has at least one word.

        Every word has at least one wordpiece, [UNK] where none fits. A word given as raw phonemes has no spelling and
        gets [MASK], as masked graphemes in pre-training."""
        phonemes, graphemes = _Segment(), _Segment()
        phonemes.add("[CLS]", CLS)
        graphemes.extend(self._pieces(utterance.boundaries[0].marks), 0)
        position = 0
        for index, (word, boundary) in enumerate(zip(utterance.words, utterance.boundaries[1:], strict=True)):
            position += 1
            for phoneme in word.phonemes:
                phonemes.add(phoneme, self._symbol_ids[phoneme], position, index)
            graphemes.extend(self._spelling(word.text), position)
            last = index == len(utterance.words) - 1
            mark = boundary_token(boundary.marks)
            marks = "." if last and mark == WORD_BOUNDARY else boundary.marks
            mark = boundary_token(marks)
            position += mark != WORD_BOUNDARY
            phonemes.add(mark, self._symbol_ids[mark], position if mark != WORD_BOUNDARY else 0)
            if mark != WORD_BOUNDARY:
                graphemes.extend(self._pieces("".join(sign for sign in marks if sign in PUNCTUATION)), position)
        return _joined(phonemes, graphemes)

    def _spelling(self, text: str) -> list[int]:
        return [MASK] if text.startswith("{") else self._pieces(text) or [UNK]

    def _pieces(self, text: str) -> list[int]:
        """Return the ids of the wordpieces of a word or of marks."""
        if text not in self._cache:
            if len(self._cache) >= _MOST_KEPT:
                self._cache.clear()
            self._cache[text] = [self._piece_ids.get(piece, UNK) for piece in self._splitter.split(text)]
        return self._cache[text]

    def save(self, folder: str | Path) -> None:
        """Write `tokenizer.json` into `folder`, which exists. Raises PngnatError where it cannot be written."""
        content = {"format": FORMAT, "phonemes": PHONEMES, "boundaries": BOUNDARIES, "wordpieces": self._wordpieces}
        write_text(Path(folder) / FILE, json.dumps(content, ensure_ascii=False, indent=0))

    @classmethod
    def load(cls, folder: str | Path) -> PngTokenizer:
        """Read `tokenizer.json` from `folder`. Raises PngnatError where it is missing, damaged or has other
        phonemes."""
        path = Path(folder) / FILE
        content = read_json(path, _LARGEST_FILE)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise PngnatError(f"{path} is no tokenizer of format {FORMAT}; it may come from another version of pngnat")
        wordpieces = content.get("wordpieces")
        if not isinstance(wordpieces, list) or not all(
            isinstance(piece, str) and 0 < len(piece) <= LONGEST_WORD for piece in wordpieces
        ):
            raise PngnatError(f"the wordpieces in {path} are damaged")
        if len(wordpieces) > _MOST_WORDPIECES:
            raise PngnatError(f"{path} has {len(wordpieces)} wordpieces, and the most is {_MOST_WORDPIECES}")
        if content.get("phonemes") != list(PHONEMES) or content.get("boundaries") != list(BOUNDARIES):
            raise PngnatError(f"{path} was made for other phonemes than this version of pngnat has")
        return cls(wordpieces)


class _Segment:
    """A segment under construction: symbols, ids, word positions and word indices."""

    def __init__(self) -> None:
        self.symbols: list[str] = []
        self.ids: list[int] = []
        self.positions: list[int] = []
        self.words: list[int] = []

    def add(self, symbol: str, identity: int, position: int = 0, word: int = -1) -> None:
        self.symbols.append(symbol)
        self.ids.append(identity)
        self.positions.append(position)
        self.words.append(word)

    def extend(self, ids: list[int], position: int) -> None:
        for identity in ids:
            self.add("", identity, position)


def _joined(phonemes: _Segment, graphemes: _Segment) -> PngTokens:
    first, second = len(phonemes.ids) + 1, len(graphemes.ids) + 1
    return PngTokens(
        ids=np.array([*phonemes.ids, SEP, *graphemes.ids, SEP], np.int64),
        segments=np.repeat(np.array([0, 1], np.int64), [first, second]),
        word_positions=np.array([*phonemes.positions, 0, *graphemes.positions, 0], np.int64),
        num_phoneme_tokens=first - 1,
        word_index=np.array(phonemes.words, np.int64),
        symbols=tuple(phonemes.symbols),
    )


def _base_wordpieces() -> list[str]:
    """Return the wordpieces of every vocabulary: letters and digits at the start and inside of words, and marks."""
    return [*_ALPHABET, *(f"##{letter}" for letter in _ALPHABET if letter.isalnum()), *PUNCTUATION]


def _learner(wordpieces: Iterable[str]):
    """Return a `tokenizers.Tokenizer` that splits as `WordPieces` does."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {UNKNOWN: 0} | {piece: index + 1 for index, piece in enumerate(wordpieces)}
    model = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=LONGEST_WORD))
    model.normalizer = normalizers.BertNormalizer(strip_accents=True, lowercase=True)
    model.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return model
