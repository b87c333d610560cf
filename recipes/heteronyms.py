"""Train the heteronym classifier: pngnat/text/data/heteronyms.json.gz.

    python recipes/heteronyms.py path/to/homographs

The folder holds `train.tsv.gz` of the Wikipedia Homograph Data (Gorman et al. 2018, Apache-2.0). Every tenth sentence
of a word is
held out: it is used for the figures alone, and the shipped weights never see it. recipes/heteronyms_extra.tsv adds
hand-written everyday sentences for readings that are rare in an encyclopedia; `{a|b}` in them stands for either, and
some of the ways to fill in such a sentence are taken, so that each alternative is seen at least twice."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch

from pngnat.text.frontend import Frontend
from pngnat.text.heteronyms import VERB, features, readings
from pngnat.text.lexicon import DATA

EXTRA = Path(__file__).with_name("heteronyms_extra.tsv")
MARK = "ZH ZH ZH"
_CHOICE = re.compile(r"\{([^{}]*)\}")


@dataclass
class Example:
    """One labelled word. second: whether its second reading is meant."""

    word: str
    second: bool
    features: list[str]
    held_out: bool = False
    weight: float = 1.0


def tokens_of(frontend: Frontend, before: str, word: str, after: str) -> tuple[list[str], int] | None:
    """The tokens of the sentence as the front end makes them, and where the word is; None where the front end changes
    the word."""
    clean = [re.sub(r"[\[\]{}]", " ", part) for part in (before, after)]
    for utterance in frontend.utterances(f"{clean[0]}[{word}]({MARK}){clean[1]}"):
        tokens, place = [], None
        for spoken, boundary in zip([*utterance.words, None], utterance.boundaries, strict=True):
            tokens += [mark for mark in boundary.marks if mark != " "]
            if spoken is not None:
                if spoken.phonemes == tuple(MARK.split()):
                    place = len(tokens)
                tokens.append(spoken.text)
        if place is not None:
            return tokens, place
    return None


def wikipedia(folder: Path, frontend: Frontend) -> list[Example]:
    labels = {}
    for line in (DATA / "heteronyms.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            word, reading, _, label = line.split("\t")
            labels[label] = (word, reading)
    seen: Counter[str] = Counter()
    examples = []
    with gzip.open(folder / "train.tsv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["wordid"] not in labels:
                continue
            word, reading = labels[row["wordid"]]
            sentence, start, end = row["sentence"].encode(), int(row["start"]), int(row["end"])
            parts = [sentence[:start].decode(), sentence[start:end].decode(), sentence[end:].decode()]
            seen[word] += 1
            if found := tokens_of(frontend, *parts):
                second = list(readings()[word]).index(reading) == 1
                examples.append(Example(word, second, features(*found), held_out=seen[word] % 10 == 0))
    return examples


def extra(frontend: Frontend, weight: float) -> list[Example]:
    examples = []
    for line in EXTRA.read_text(encoding="utf-8").splitlines():
        reading, pattern = line.split("\t")
        filled = fillings(pattern)
        for sentence in filled:
            before, word, after = sentence.split("*")
            found = tokens_of(frontend, before, word, after)
            if found is None:
                raise SystemExit(f"cannot find the word in: {sentence}")
            second = list(readings()[word.lower()]).index(reading) == 1
            examples.append(
                Example(word.lower(), second, features(*found), weight=weight if len(filled) == 1 else weight / 2)
            )
    return examples


def fillings(pattern: str) -> list[str]:
    """Sentences that the pattern stands for: as many as let each alternative be seen twice, in a fixed random order."""
    choices = [choice.split("|") for choice in _CHOICE.findall(pattern)]
    if not choices:
        return [pattern]
    random, count = Random(pattern), 2 * max(map(len, choices))
    columns = [
        [one for _ in range(-(-count // len(choice))) for one in random.sample(choice, len(choice))][:count]
        for choice in choices
    ]
    filled = []
    for picks in zip(*columns, strict=True):
        given = iter(picks)
        filled.append(_CHOICE.sub(lambda _: next(given), pattern))  # noqa: B023 - called at once
    return list(dict.fromkeys(filled))


def columns(example: Example) -> list[str]:
    """The parameters that an example touches: the word's own, and the shared ones of verbs."""
    own = [f"{example.word}|{one}" for one in example.features]
    if VERB in readings()[example.word]:
        own += [f"|{one}" for one in example.features if not one.startswith("~")]
    return own


def fit(examples: list[Example], least: int, penalty: float) -> dict[str, float]:
    """Logistic regression with an L2 penalty (L-BFGS) over parameters seen at least `least` times."""
    counts = Counter(column for example in examples for column in columns(example))
    index = {column: position for position, (column, count) in enumerate(sorted(counts.items())) if count >= least}
    index = {column: position for position, column in enumerate(index)}
    rows = [[index[column] for column in columns(example) if column in index] for example in examples]
    flat = torch.tensor([position for row in rows for position in row])
    owner = torch.tensor([number for number, row in enumerate(rows) for _ in row])
    target = torch.tensor([float(example.second) for example in examples])
    weight = torch.tensor([example.weight for example in examples])
    parameters = torch.zeros(len(index), requires_grad=True)
    optimizer = torch.optim.LBFGS([parameters], max_iter=120, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = torch.zeros(len(rows)).index_add(0, owner, parameters[flat])
        value = (
            torch.nn.functional.binary_cross_entropy_with_logits(scores, target, weight, reduction="sum")
            + penalty * parameters.square().sum()
        )
        value.backward()
        return value

    optimizer.step(loss)
    return {column: parameters[position].item() for column, position in index.items()}


def accuracy(examples: list[Example], weights: dict[str, float]) -> dict[str, tuple[int, int]]:
    """word -> (right, all)."""
    result: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for example in examples:
        score = sum(weights.get(column, 0.0) for column in columns(example))
        result[example.word][0] += (score > 0) == example.second
        result[example.word][1] += 1
    return {word: (right, total) for word, (right, total) in result.items()}


def save(weights: dict[str, float], smallest: float) -> None:
    words: dict[str, dict[str, float]] = defaultdict(dict)
    for column, weight in sorted(weights.items()):
        word, name = column.split("|", 1)
        if abs(weight) >= smallest:
            words[word][name] = round(weight, 2)
    content = {"shared": words.pop(""), "words": dict(words)}
    path = Path(str(DATA / "heteronyms.json.gz"))
    path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--least", type=int, default=2)
    parser.add_argument("--penalty", type=float, default=0.3)
    parser.add_argument("--extra-weight", type=float, default=3.0)
    parser.add_argument(
        "--tune", action="store_true", help="hold out another tenth of the rest and measure on that; write nothing"
    )
    options = parser.parse_args()
    frontend = Frontend()
    examples = wikipedia(options.folder, frontend)
    train = [example for example in examples if not example.held_out]
    test = [example for example in examples if example.held_out]
    if options.tune:
        train, test = [one for number, one in enumerate(train) if number % 9], train[::9]
    weights = fit(train + extra(frontend, options.extra_weight), options.least, options.penalty)
    results = accuracy(test, weights)
    for word, (right, total) in sorted(results.items()):
        print(f"{word:<14} {right}/{total}")
    right, total = (sum(column) for column in zip(*results.values(), strict=True))
    print(
        f"overall {right}/{total} = {right / total:.2%}; mean over words {sum(r / t for r, t in results.values()) / len(results):.2%}"
    )
    if not options.tune:
        save(weights, smallest=0.02)


if __name__ == "__main__":
    main()
