from dataclasses import replace

import pytest

from pngnat.errors import PngnatError
from pngnat.training.settings import file_digest, keep_settings, recordings_digest


def test_the_same_settings_may_go_on(tmp_path):
    for _ in range(2):
        keep_settings(tmp_path / "run", {"steps": 3, "betas": (0.9, 0.98)})


def test_what_differs_is_named(tmp_path):
    keep_settings(tmp_path / "run", {"steps": 3, "seed": 0, "start": None})
    with pytest.raises(PngnatError, match=r"other settings \(start, steps\): name another run_dir"):
        keep_settings(tmp_path / "run", {"steps": 4, "seed": 0, "start": "a model"})
    keep_settings(tmp_path / "run", {"steps": 3, "seed": 0, "start": None})


def test_a_training_of_unknown_settings_is_refused(tmp_path):
    (tmp_path / "last.ckpt").touch()
    with pytest.raises(PngnatError, match=r"no settings\.json"):
        keep_settings(tmp_path, {"steps": 3})
    assert not (tmp_path / "settings.json").exists()


def test_recordings_are_known_by_their_words_times_and_order(toy_corpus):
    first, second = toy_corpus.recordings[:2]
    digest = recordings_digest([first, second])
    assert recordings_digest([replace(first, split="test"), second]) == digest
    others = ([first], [second, first], [replace(first, durations=first.durations * 1.01), second], [replace(first, speaker="c"), second])
    assert digest not in {recordings_digest(other) for other in others}


def test_files_are_known_by_their_content(tmp_path):
    for name, content in (("a", "one"), ("b", "one"), ("c", "two")):
        (tmp_path / name).write_text(content)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b") != file_digest(tmp_path / "c")
    with pytest.raises(PngnatError, match="cannot be read"):
        file_digest(tmp_path / "none")
