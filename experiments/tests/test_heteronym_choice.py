"""Heteronyms by the encoder: the asked word is hidden, its readings are scored, and accuracies are counted by word."""

import pytest
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
from pngnat.data.pretraining.homographs import LabelledSentence
from pngnat.models.batch import PngBatch
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_bert_pretraining import PngBertForPreTraining, PngBertPretrainedConfig
from pngnat.text.frontend import Frontend
from pngnat.text.tokenizer import PngTokenizer
from pngnat.text.utterance import Boundary, Utterance, Word

NOUN, VERB = ("R", "EH1", "K", "ER0", "D"), ("R", "AH0", "K", "AO1", "R", "D")


def question(*words: str, answer: int = 0) -> Question:
    spoken = tuple(Word(word, ("AH0",) if word != "record" else NOUN) for word in words)
    return Question(
        "record", Utterance(spoken, (Boundary(),) * (len(words) + 1)), words.index("record"), (NOUN, VERB), answer
    )


QUESTIONS = [question("they", "record", "it"), question("a", "long", "record", "of", "it"), question("record")]


@pytest.fixture(scope="module")
def tokenizer() -> PngTokenizer:
    return PngTokenizer.train(["they record a long record of it"], 200)


@pytest.fixture(scope="module")
def model(tokenizer) -> PngBertForPreTraining:
    torch.manual_seed(0)
    sizes = PngBertConfig(tokenizer.vocabulary_size, width=16, layers=1, heads=2, feedforward=16)
    return PngBertForPreTraining(PngBertPretrainedConfig.from_plain(sizes)).eval()


def test_a_score_is_the_mean_log_probability_of_hidden_phonemes(model, tokenizer):
    scores = reading_scores(model, tokenizer, QUESTIONS)
    assert [len(score) for score in scores] == [2, 2, 2]
    tokens = tokenizer.encode(QUESTIONS[0].utterance)
    places = (tokens.word_index == 1).nonzero()[0]
    batch = PngBatch.collate([tokens])
    truth = batch.ids[0, places].clone()
    batch.ids[0, places] = tokenizer.mask_id
    with torch.no_grad():
        probabilities = model.scores(model.encoder(batch)).log_softmax(-1)[0, places]
    assert scores[0][0] == pytest.approx(float(probabilities[range(5), truth].mean()), abs=1e-5)


def test_states_do_not_depend_on_the_pronunciation_in_the_utterance(model, tokenizer):
    states = word_states(model, tokenizer, QUESTIONS)
    assert states.shape == (3, 32)
    words = list(QUESTIONS[0].utterance.words)
    words[1] = Word("record", VERB)
    other = Question("record", Utterance(tuple(words), QUESTIONS[0].utterance.boundaries), 1, (NOUN, VERB), 1)
    torch.testing.assert_close(word_states(model, tokenizer, [other])[0], states[0], rtol=1e-4, atol=1e-5)


def test_batches_keep_the_order(model, tokenizer):
    one_by_one = list(in_batches(lambda batch: reading_scores(model, tokenizer, batch), QUESTIONS, size=1))
    together = list(in_batches(lambda batch: reading_scores(model, tokenizer, batch), QUESTIONS))
    torch.testing.assert_close(torch.tensor(one_by_one), torch.tensor(together), rtol=1e-4, atol=1e-5)


def test_the_classifier_learns_each_word_and_what_words_share():
    rng = torch.Generator().manual_seed(0)
    states = torch.randn(400, 8, generator=rng)
    words = ["own", "shared"] * 200
    second = torch.tensor(
        [bool(state[1] > 0) if word == "own" else bool(state[0] > 0) for word, state in zip(words, states, strict=True)]
    )
    classifier = StateClassifier.fit(words[:300], states[:300], second[:300])
    right = torch.tensor(classifier.choose(words[300:], states[300:])).bool() == second[300:]
    assert right.float().mean() > 0.9
    assert classifier.choose(["unknown"], states[:1]) == [0]


def test_labelled_sentences_become_questions():
    sentence = LabelledSentence("record", "verb", VERB, "A record, or to ", "record", " it.", held_out=False)
    (asked,) = questions_of([sentence], Frontend())
    assert asked.utterance.words[asked.index - 1].text == "to"
    assert asked.readings[asked.answer] == VERB


def test_accuracy_counts_sentences_and_words():
    questions = [
        question("record"),
        question("record", answer=1),
        Question("bow", QUESTIONS[2].utterance, 0, (NOUN, VERB), 1),
    ]
    accuracy = Accuracy.of(questions, [0, 0, 1])
    assert accuracy.by_word == {"bow": (1, 1), "record": (1, 2)}
    assert accuracy.overall == pytest.approx(2 / 3)
    assert accuracy.mean_over_words == pytest.approx(0.75)
