import json

import pytest

from pngnat.errors import PngnatError
from pngnat.evaluation import commands, peers
from pngnat.evaluation.peers import PEERS, PeerSpeed, measure_peers, news_length_sentences, peers_table

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
    assert commands.main("speed", ["--peers", "--json", str(tmp_path / "peers.json")]) == 0
    assert "pngnat" in capsys.readouterr().out
    assert json.loads((tmp_path / "peers.json").read_text())["pngnat"]["first_sound"] == 0.05
