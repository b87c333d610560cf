import numpy as np
import pytest

from pngnat.evaluation.rhythm import class_lengths, rhythm
from pngnat.evaluation.tracks import CLASS_OF, CLASSES, Track, tracks_of
from pngnat.text.phonemes import PHONEMES

SYMBOLS = ("[CLS]", "K", "AE1", "T", " ", "S", "IY1", ",", "N", "OW0", ".")
OWN = Track(SYMBOLS, np.array([0.5, 0.1, 0.2, 0.1, 0.3, 0.1, 0.2, 0.4, 0.1, 0.2, 0.7]))


def test_each_phoneme_has_one_class():
    assert sorted(CLASS_OF) == sorted(PHONEMES)
    assert sum(len(phonemes) for phonemes in CLASSES.values()) == len(PHONEMES)


def test_known_answers():
    found = rhythm([OWN, OWN])
    assert found.seconds == pytest.approx(2 * 1.7) and found.sounding == pytest.approx(2 * 1.0)
    assert found.phonemes == 14 and found.words == 6
    assert found.rate == pytest.approx(7 / 1.7) and found.articulation_rate == pytest.approx(7.0)
    assert found.words_per_minute == pytest.approx(3 / 1.7 * 60)
    assert found.plain_pauses == (0.3, 0.3) and found.marked_pauses == (0.4, 0.4)
    assert found.pause_share == pytest.approx(0.7 / 1.7)
    assert found.stray_pauses == 1.0 and found.stray_share == found.stray_silence == pytest.approx(0.3 / 1.7)


def test_short_silences_are_no_pauses():
    seconds = OWN.durations.copy()
    seconds[[4, 7]] = 0.09
    found = rhythm([Track(SYMBOLS, seconds)])
    assert found.plain_pauses == found.marked_pauses == () and found.stray_pauses == 0.0 == found.pause_share
    assert found.stray_silence == pytest.approx(0.09 / (1.7 - 0.3 - 0.4 + 0.18))


def test_the_silences_at_the_ends_do_not_count():
    seconds = OWN.durations.copy()
    seconds[[0, -1]] = 9.0
    assert rhythm([Track(SYMBOLS, seconds)]) == rhythm([OWN])


def test_nothing_to_measure():
    with pytest.raises(ValueError, match="no speech"):
        rhythm([])


def test_speech_of_several_sentences_is_taken_apart():
    parts = list(tracks_of(SYMBOLS * 2, np.tile(OWN.durations, 2)))
    assert [part.symbols for part in parts] == [SYMBOLS, SYMBOLS]
    assert rhythm(parts) == rhythm([OWN, OWN])


def test_sounds_beside_a_professional_s():
    professional = Track(SYMBOLS, OWN.durations / 2)
    rows = {row.name: row for row in class_lengths([OWN], [professional])}
    assert list(rows)[-1] == "all sounds" and rows["all sounds"].count == 7
    for row in rows.values():
        assert row.ratio == pytest.approx(2.0) and row.spread == pytest.approx(0.0, abs=1e-9) and row.prolonged == 0.0
    assert rows["stops"].own == pytest.approx(100) and rows["stops"].professional == pytest.approx(50)
    assert rows["stressed vowels"].own == pytest.approx(200) and "affricates" not in rows


def test_one_prolonged_sound_among_slow_ones():
    slow = 2 * OWN.durations
    slow[5] *= 2.0
    rows = {row.name: row for row in class_lengths([Track(SYMBOLS, slow)], [OWN])}
    assert rows["fricatives"].prolonged == 1.0 and rows["all sounds"].prolonged == pytest.approx(1 / 7)
    assert rows["nasals"].prolonged == 0.0


def test_tracks_of_different_utterances_are_not_compared():
    with pytest.raises(ValueError, match="different"):
        class_lengths([OWN], [Track(("[CLS]", "K", "."), np.ones(3))])
    with pytest.raises(ValueError, match="durations"):
        Track(SYMBOLS, np.ones(3))
