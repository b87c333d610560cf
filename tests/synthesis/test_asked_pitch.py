"""What the text asks for within a sentence: pitch, and the times of places that it names."""

import numpy as np
import pytest
from speaking import TEXT

from pngnat.errors import PngnatError
from pngnat.synthesis.synthesize import sentences, stream_samples, synthesize


def semitones(text, voice, **options):
    return [sentence.pitch.semitones for sentence in sentences(text, voice, **options)]


def test_a_pitch_for_all_of_a_text_is_the_option_s(voice):
    assert semitones("[pitch:2]Hello there. How are you?", voice) == [2, 2]
    asked, given = synthesize("[pitch:2]" + TEXT, voice, seed=3), synthesize(TEXT, voice, pitch=2, seed=3)
    assert np.array_equal(asked.samples, given.samples)
    assert semitones("[pitch:-2]Hello there.", voice, pitch=3) == [1]


def test_a_pitch_within_a_sentence_changes_the_frames_of_its_words_alone(voice):
    (sentence,) = sentences("Hello [pitch:3]there my [pitch:0]friend.", voice)
    frames = sentence.pitch.semitones
    assert frames.shape == (sentence.mel.shape[1],)
    hop, words = voice.card.audio.hop_length, sentence.timings.words
    centres = (np.arange(len(frames)) + 0.5) * hop / voice.sample_rate
    raised = (centres > words[1].start) & (centres < words[2].end)
    assert (
        set(frames[raised]) == {3.0}
        and set(frames[centres < words[0].end]) == {0.0}
        and set(frames[centres > words[3].start]) == {0.0}
    )


def test_joined_blocks_equal_the_complete_speech_with_changing_pitch(voice):
    text = "Hello [pitch:3]there my [pitch:0]friend."
    blocks = np.concatenate(list(stream_samples(text, voice, seed=5)))
    assert np.allclose(blocks, synthesize(text, voice, seed=5).samples, atol=1e-4)


@pytest.mark.parametrize("text", ["[pitch:13]Hi", "[pitch:high]Hi", "[pitch:]Hi"])
def test_a_pitch_out_of_range_is_an_error(voice, text):
    with pytest.raises(PngnatError, match="12"):
        synthesize(text, voice)


def test_text_and_caller_stay_within_an_octave_together(voice):
    with pytest.raises(PngnatError, match="together"):
        synthesize("[pitch:7]Hi", voice, pitch=6)


def test_marks_have_times(voice):
    speech = synthesize("[mark:a]Hello [mark:b]there. How [pause:1][mark:c][pause:1] are you?[mark:d]", voice)
    times = {mark.name: mark.time for mark in speech.marks}
    words = {word.text: word for word in speech.words}
    assert [mark.name for mark in speech.marks] == list("abcd")
    expected = {"a": words["Hello"].start, "b": words["there"].start, "c": words["How"].end + 1, "d": words["you"].end}
    assert times == pytest.approx(expected, abs=1e-6)


def test_ssml_is_spoken(voice):
    speech = synthesize('<speak>Hello <break time="700ms"/><mark name="x"/>there <blink>you</blink></speak>', voice)
    assert [word.text for word in speech.words] == ["Hello", "there", "you"]
    assert speech.words[1].start - speech.words[0].end == pytest.approx(0.7, abs=1e-3)
    assert speech.marks[0].time == pytest.approx(speech.words[1].start, abs=1e-6)
    assert speech.skipped == ["<blink> (SSML that is not supported)"]
    assert '"marks"' in speech.timings.to_json()
