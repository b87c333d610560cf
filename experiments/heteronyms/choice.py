"""Heteronyms by PnG BERT itself: how well a pre-trained encoder knows which pronunciation of a word its sentence asks
for.

Two ways. The head: hide the word's phonemes and compare how likely the masked-language-model head finds those of each
reading. The
states: a logistic regression on the encoder's hidden states at the hidden word. Both see the spelling and the rest of
the sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pngnat.data.pretraining.homographs import LabelledSentence
from pngnat.models.batch import PngBatch
from pngnat.models.png_bert_pretraining import PngBertForPreTraining
from pngnat.text.frontend import Frontend
from pngnat.text.heteronyms import readings
from pngnat.text.tokenizer import PngTokenizer, PngTokens
from pngnat.text.utterance import Utterance

Phonemes = tuple[str, ...]
_PLACE = ("ZH", "ZH", "ZH")  # no word's phonemes: they mark the asked word's place until a reading takes it


@dataclass(frozen=True)
class Question:
    """Which of `readings` does words[index] of the utterance have? answer: the index of the right one."""

    word: str
    utterance: Utterance
    index: int
    readings: tuple[Phonemes, ...]
    answer: int


def questions_of(sentences: Iterable[LabelledSentence], frontend: Frontend) -> list[Question]:
    """The labelled sentences as questions, without those whose word the front end joins with others."""
    found = []
    for sentence in sentences:
        known = tuple(readings()[sentence.word].values())
        for utterance in frontend.utterances(sentence.marked(_PLACE)):
            spoken = [word.phonemes for word in utterance.words]
            if _PLACE in spoken:
                found.append(
                    Question(sentence.word, utterance, spoken.index(_PLACE), known, known.index(sentence.phonemes))
                )
    return found


@dataclass(frozen=True)
class _HiddenWord:
    """A sentence with one word's phonemes masked. places: where they are in the row; ids: what they were; pieces: the
    wordpieces'."""

    tokens: PngTokens
    places: list[int]
    ids: Tensor
    pieces: list[int]


def _hidden(tokenizer: PngTokenizer, question: Question, reading: Phonemes) -> _HiddenWord:
    words = list(question.utterance.words)
    words[question.index] = replace(words[question.index], phonemes=reading)
    tokens = tokenizer.encode(replace(question.utterance, words=tuple(words)))
    places = np.flatnonzero(tokens.word_index == question.index)
    pieces = np.flatnonzero((tokens.word_positions == tokens.word_positions[places[0]]) & (tokens.segments == 1))
    masked = tokens.ids.copy()
    masked[places] = tokenizer.mask_id
    return _HiddenWord(
        replace(tokens, ids=masked), places.tolist(), torch.from_numpy(tokens.ids[places]), pieces.tolist()
    )


@torch.inference_mode()
def reading_scores(
    model: PngBertForPreTraining, tokenizer: PngTokenizer, questions: Sequence[Question]
) -> list[list[float]]:
    """Mean log-probability of a reading's phonemes with all of the word's phonemes hidden, for each reading of each
    question."""
    hidden = [_hidden(tokenizer, question, reading) for question in questions for reading in question.readings]
    states = model.encoder(PngBatch.collate([word.tokens for word in hidden]))
    scores = []
    for row, word in enumerate(hidden):
        log_probabilities = F.log_softmax(model.scores(states[row, word.places]).float(), dim=-1)
        scores.append(float(log_probabilities.gather(1, word.ids[:, None]).mean()))
    remaining = iter(scores)
    return [list(islice(remaining, len(question.readings))) for question in questions]


@torch.inference_mode()
def word_states(model: PngBertForPreTraining, tokenizer: PngTokenizer, questions: Sequence[Question]) -> Tensor:
    """The encoder's states at the asked words, (Q, 2 D): their mean over the hidden phonemes, and over the wordpieces.

    The phonemes are hidden behind as many [MASK]s as the first reading has, so that nothing tells the readings apart.
    """
    hidden = [_hidden(tokenizer, question, question.readings[0]) for question in questions]
    states = model.encoder(PngBatch.collate([word.tokens for word in hidden]))
    return torch.stack(
        [
            torch.cat([states[row, word.places].mean(0), states[row, word.pieces].mean(0)])
            for row, word in enumerate(hidden)
        ]
    )


@dataclass(frozen=True)
class StateClassifier:
    """Chooses between two readings. rows: the words' rows; weights: (words, 2 D + 1), the last column a bias; mean,
    spread: (2 D,)."""

    rows: dict[str, int]
    weights: Tensor
    mean: Tensor
    spread: Tensor

    @classmethod
    def fit(cls, words: Sequence[str], states: Tensor, second: Tensor, penalty: float = 1.0) -> StateClassifier:
        """Logistic regression with an L2 penalty (L-BFGS). words: Q; states: (Q, 2 D); second: (Q,) bool, whether the
        second one is meant.

        What a word's weights differ in from the mean of all words is what is penalized most, since readings are alike:
        a verb against a noun, a past against a present ("Frustratingly easy domain adaptation", Daumé 2007)."""
        rows = {word: row for row, word in enumerate(dict.fromkeys(words))}
        mean, spread = states.mean(0), states.std(0).clamp(min=1e-6)
        inputs = _with_bias((states - mean) / spread)
        owner = torch.tensor([rows[word] for word in words])
        shared = torch.zeros(inputs.shape[1], requires_grad=True)
        own = torch.zeros(len(rows), inputs.shape[1], requires_grad=True)
        optimizer = torch.optim.LBFGS([shared, own], max_iter=100, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            scores = ((shared + own[owner]) * inputs).sum(1)
            value = F.binary_cross_entropy_with_logits(scores, second.float(), reduction="sum")
            value = value + penalty * (shared[:-1].square().sum() + own[:, :-1].square().sum())
            value.backward()
            return value

        optimizer.step(loss)
        return cls(rows, (shared + own).detach(), mean, spread)

    def choose(self, words: Sequence[str], states: Tensor) -> list[int]:
        """0 or 1 for each word; 0 for a word that was not among those of `fit`."""
        inputs = _with_bias((states - self.mean) / self.spread)
        weights = torch.stack(
            [self.weights[self.rows[word]] if word in self.rows else torch.zeros(inputs.shape[1]) for word in words]
        )
        return ((weights * inputs).sum(1) > 0).long().tolist()


def _with_bias(states: Tensor) -> Tensor:
    return torch.cat([states, states.new_ones(len(states), 1)], dim=1)


def in_batches(work: Callable[[list[Question]], Iterable], questions: Sequence[Question], size: int = 64) -> Iterator:
    """work(batch) of questions of like length, one result a question, in the order of `questions`."""
    order = sorted(range(len(questions)), key=lambda place: len(questions[place].utterance.words))
    results = {}
    for start in range(0, len(order), size):
        places = order[start : start + size]
        results.update(zip(places, work([questions[place] for place in places]), strict=True))
    yield from (results[place] for place in range(len(questions)))


@dataclass(frozen=True)
class Accuracy:
    """right and asked, by word."""

    by_word: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, questions: Iterable[Question], answers: Iterable[int]) -> Accuracy:
        """The accuracy of these answers."""
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for question, answer in zip(questions, answers, strict=True):
            counts[question.word][0] += answer == question.answer
            counts[question.word][1] += 1
        return cls({word: (right, asked) for word, (right, asked) in sorted(counts.items())})

    @property
    def overall(self) -> float:
        """Share of the sentences."""
        return sum(right for right, _ in self.by_word.values()) / sum(asked for _, asked in self.by_word.values())

    @property
    def mean_over_words(self) -> float:
        """Mean of the words' shares."""
        return sum(right / asked for right, asked in self.by_word.values()) / len(self.by_word)
