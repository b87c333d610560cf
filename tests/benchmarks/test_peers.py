import json

import numpy as np
import pytest

from benchmarks import peers, run_command
from benchmarks.peers import PEERS, Peer, PeerSpeed, measure_peers, news_length_sentences, peers_table
from pngnat.errors import PngnatError
from pngnat.evaluation import asr

SPEED = PeerSpeed(0.01, 0.009, 0.05, 0.8, 0.7, 200.0)


@pytest.mark.slow
def test_pngnat_is_measured(monkeypatch):
    monkeypatch.setattr(peers, "PEERS", {"pngnat": PEERS["pngnat"]})
    found = measure_peers(["Hello there.", "Rice is often served in round bowls."], rounds=1)
    assert list(found) == ["pngnat"] and all(value > 0 for value in vars(found["pngnat"]).values())


def test_ratios_are_to_hibari():
    table = peers_table({"pngnat": SPEED, "hibari": PeerSpeed(0.005, 0.009, 0.1, 0.8, 0.35, 100.0)})
    assert "0.01 (2.00)" in table and "0.05 (0.50)" in table and "200 (2.00)" in table
    assert "(" not in peers_table({"pngnat": SPEED})


def test_an_engine_that_fails_is_named():
    with pytest.raises(PngnatError, match="nobody cannot be measured: KeyError"):
        peers._speaking("nobody", ["Hello."])


def test_the_sentences_are_as_long_as_news(monkeypatch, tmp_path, capsys):
    sentences = news_length_sentences()
    assert len(sentences) == 30 and all(8 <= len(sentence.split()) <= 25 for sentence in sentences)
    monkeypatch.setattr(peers, "measure_peers", lambda given: {"pngnat": SPEED} if given == sentences else {})
    monkeypatch.setattr("sys.argv", ["peers", "speed", "--json", str(tmp_path / "peers.json")])
    assert run_command(peers.parser(), lambda options: options.measure(options)) == 0
    assert "pngnat" in capsys.readouterr().out
    assert json.loads((tmp_path / "peers.json").read_text())["pngnat"]["first_sound"] == 0.05


@pytest.mark.parametrize("measure", ["intelligibility", "robustness"])
def test_peers_speak_the_same_sentences(measure, stub_voice, tmp_path, monkeypatch):
    def load():
        return lambda text: iter([(np.zeros(8000, np.float32), 16000)] * len(text.split()))

    class OneWordRecognizer:
        def __init__(self, threads=1):
            pass

        def transcribe(self, samples, sample_rate, with_words=False):
            return asr.Transcript("Yes.")

    monkeypatch.setattr(asr, "Recognizer", OneWordRecognizer)
    monkeypatch.setattr(peers, "PEERS", {"pngnat": PEERS["pngnat"], "other": Peer((), load, lambda *_: [])})
    sentences, out = tmp_path / "list.txt", tmp_path / "report.json"
    sentences.write_text("Yes.\nYes, we can.\n", encoding="utf-8")
    arguments = [measure, "--voice", str(stub_voice), "--sentences", str(sentences), "--json", str(out)]
    arguments += ["--no-mos"] if measure == "intelligibility" else []
    monkeypatch.setattr("sys.argv", ["peers", *arguments])
    assert run_command(peers.parser(), lambda options: options.measure(options)) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert [row["source"] for row in report["summary"]] == ["voice", "other"]
    spoken = [sentence for sentence in report["sentences"] if sentence["source"] == "other"]
    assert [(sentence["text"], sentence["seconds"]) for sentence in spoken] == [("Yes.", 0.5), ("Yes, we can.", 1.5)]
