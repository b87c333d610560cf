"""`pngnat TEXT --watermark`, and the command that finds the watermark again."""

import numpy as np
import pytest
from speaking import TEXT

from pngnat.audio import wav
from pngnat.cli.main import main

pytest.importorskip("perth")


def test_what_was_marked_is_found(stub_voice, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    spoken = [TEXT, "--voice", str(stub_voice), "--quiet", "-o"]
    assert main([*spoken, "marked.mp3", "--watermark"]) == main([*spoken, "plain.wav"]) == 0
    assert main(["watermark", "marked.mp3"]) == 0
    assert capsys.readouterr().out.startswith("marked.mp3: watermark (confidence ")
    assert main(["watermark", "marked.mp3", "plain.wav"]) == 1
    assert "plain.wav: no watermark (confidence 0.0" in capsys.readouterr().out


def test_a_long_sound_is_marked_in_parts(stub_voice, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([TEXT, "--voice", str(stub_voice), "--quiet", "-o", "marked.wav", "--watermark"]) == 0
    marked = np.tile(wav.read("marked.wav", 24000), 30)[: 24000 * 10]
    wav.write("long.wav", np.concatenate([marked, 0.01 * np.random.default_rng(0).normal(size=24000 * 20)]), 24000)
    assert main(["watermark", "long.wav"]) == 1
    assert "long.wav: watermark in 1 of 3 parts" in capsys.readouterr().out


def test_what_is_no_sound_is_one_line(tmp_path, capsys):
    (tmp_path / "a.wav").write_text("none")
    assert main(["watermark", str(tmp_path / "a.wav")]) == 2 and capsys.readouterr().err.count("\n") == 1
