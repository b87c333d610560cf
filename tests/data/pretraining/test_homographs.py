import csv
import gzip

import pytest

from pngnat.data.pretraining.homographs import HomographSentences, read_homographs
from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend

NOUN, VERB = ("R", "EH1", "K", "ER0", "D"), ("R", "AH0", "K", "AO1", "R", "D")
FIELDS = ("homograph", "wordid", "sentence", "start", "end")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "train.tsv.gz"
    sentences = [("record_nou", "Café [x] record one."), ("record_vrb", "They Record two.")] * 10 + [
        ("nothing", "Skipped record.")
    ]
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL)
        writer.writerow(FIELDS)
        for label, sentence in sentences:
            start = sentence.lower().encode().index(b"record")
            writer.writerow(["record", label, sentence, start, start + 6])
    return path


def test_positions_count_bytes_and_labels_become_phonemes(table):
    noun, verb = list(read_homographs(table))[:2]
    assert (noun.before, noun.spelling, noun.after) == ("Café [x] ", "record", " one.")
    assert noun.word == verb.word == "record" and verb.spelling == "Record"
    assert (verb.reading, noun.phonemes[1], verb.phonemes[1]) == ("verb", "EH1", VERB[1])


def test_every_tenth_sentence_is_held_out_and_never_trained_on(table):
    assert [index for index, sentence in enumerate(read_homographs(table)) if sentence.held_out] == [9, 19]
    passages = list(HomographSentences(str(table)).passages())
    assert len(passages) == 18 and not any(passage.held_out for passage in passages)


def test_the_front_end_speaks_the_labelled_pronunciation(table):
    verb = list(read_homographs(table))[1]
    words = next(Frontend().utterances(verb.marked())).words
    assert [word.text for word in words] == ["They", "Record", "two"]
    assert words[1].phonemes == verb.phonemes


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"a\tb\n1\t2\n"))
    with pytest.raises(PngnatError, match="Homograph"):
        list(read_homographs(path))
