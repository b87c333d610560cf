"""Measure how well a pre-trained PnG BERT chooses between the readings of heteronyms, beside the front end's own
classifier.

    python -m experiments.heteronyms.measure runs/png_bert/model path/to/homographs/train.tsv.gz

The figures are of every tenth sentence of a word, which neither the pre-training nor the front end's classifier has
seen."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from experiments.heteronyms.choice import (
    Accuracy,
    Question,
    StateClassifier,
    in_batches,
    questions_of,
    reading_scores,
    word_states,
)
from pngnat.data.pretraining.homographs import read_homographs
from pngnat.models.png_bert_pretraining import load_pretrained
from pngnat.text.frontend import Frontend
from pngnat.text.heteronyms import heteronyms
from pngnat.text.tokenizer import PngTokenizer


def by_rules(questions: list[Question]) -> list[int]:
    """What the front end's classifier answers."""
    answers = []
    for question in questions:
        tokens, place = [], 0
        for index, (boundary, word) in enumerate(
            zip(question.utterance.boundaries, question.utterance.words, strict=False)
        ):
            tokens += [mark for mark in boundary.marks if mark != " "]
            place = len(tokens) if index == question.index else place
            tokens.append(word.text)
        tokens += [mark for mark in question.utterance.boundaries[-1].marks if mark != " "]
        answers.append(question.readings.index(heteronyms().choose(tokens, place)))
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("homographs", type=Path)
    parser.add_argument("--penalty", type=float, default=1.0)
    parser.add_argument("--words", action="store_true", help="also print each word's share")
    options = parser.parse_args()
    model, tokenizer, frontend = load_pretrained(options.model).eval(), PngTokenizer.load(options.model), Frontend()
    sentences = list(read_homographs(options.homographs))
    train = questions_of((sentence for sentence in sentences if not sentence.held_out), frontend)
    test = questions_of((sentence for sentence in sentences if sentence.held_out), frontend)

    def states(questions: list[Question]) -> torch.Tensor:
        return torch.stack(list(in_batches(lambda batch: word_states(model, tokenizer, batch), questions)))

    start = time.perf_counter()
    scores = in_batches(lambda batch: reading_scores(model, tokenizer, batch), test)
    by_head = [max(range(len(score)), key=score.__getitem__) for score in scores]
    milliseconds = (time.perf_counter() - start) / len(test) * 1000
    words = [question.word for question in train]
    classifier = StateClassifier.fit(
        words, states(train), torch.tensor([question.answer == 1 for question in train]), options.penalty
    )
    by_states = classifier.choose([question.word for question in test], states(test))
    print(
        f"{len(train)} sentences to train on, {len(test)} measured; scoring by the head takes {milliseconds:.1f} ms a "
        "sentence"
    )
    for name, answers in (
        ("front end", by_rules(test)),
        ("masked-language-model head", by_head),
        ("hidden states", by_states),
    ):
        accuracy = Accuracy.of(test, answers)
        print(
            f"{name:<28} overall {accuracy.overall:.2%}, mean over {len(accuracy.by_word)} words "
            f"{accuracy.mean_over_words:.2%}"
        )
        if options.words:
            print("\n".join(f"  {word:<14} {right}/{asked}" for word, (right, asked) in accuracy.by_word.items()))


if __name__ == "__main__":
    main()
