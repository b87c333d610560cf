"""Sound encoded block by block: libraries can read the result."""

import io
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from pngnat.audio.playback import to_pcm
from pngnat.server.encoding import MEDIA_TYPES, Encoder, encode

RATE = 24000
SOUND = (0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype(np.float32)
TAGS = {"comment": "synthetic"}


def streamed(kind: str, blocks) -> bytes:
    encoder = Encoder(kind, RATE, TAGS)
    return b"".join([*map(encoder.write, blocks), encoder.close()])


@pytest.mark.parametrize("kind", [kind for kind in MEDIA_TYPES if kind != "pcm"])
def test_the_encoded_blocks_are_a_file_of_the_sound(kind):
    samples, rate = soundfile.read(io.BytesIO(streamed(kind, np.split(SOUND, 8))))
    assert rate == RATE and abs(len(samples) - len(SOUND)) < 0.15 * RATE
    # MP3's frames shift the sound; its loudness and pitch are where they were.
    spectrum = np.abs(np.fft.rfft(samples[: len(SOUND)], len(SOUND)))
    assert abs(spectrum.argmax() / 2 - 440) < 1
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(np.sqrt(np.mean(SOUND**2)), rel=0.1)


@pytest.mark.parametrize("kind", ["mp3", "opus", "wav", "pcm"])
def test_the_first_bytes_do_not_wait_for_the_last(kind):
    encoder = Encoder(kind, RATE, TAGS)
    assert len(encoder.write(SOUND[: RATE // 2])) > 0
    early = sum(len(encoder.write(block)) for block in np.split(SOUND, 8))
    assert early > len(encoder.close())


def test_a_complete_wav_has_its_length():
    with wave.open(io.BytesIO(encode("wav", RATE, np.split(SOUND, 4), {}))) as file:
        assert (file.getnframes(), file.getframerate(), file.getnchannels(), file.getsampwidth()) == (
            len(SOUND),
            RATE,
            1,
            2,
        )


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_lossless_sound_does_not_depend_on_the_block_sizes(sizes):
    blocks = np.split(SOUND[: sum(sizes)], np.cumsum(sizes)[:-1]) if sizes else []
    expected = to_pcm(SOUND[: sum(sizes)])
    assert streamed("pcm", blocks) == expected
    for kind in ("wav", "flac") if expected else ():
        samples, _ = soundfile.read(io.BytesIO(streamed(kind, blocks)), dtype="int16")
        # libsndfile rounds by its own rule: at most one step.
        assert np.abs(samples - np.frombuffer(expected, "<i2").astype(int)).max() <= 1
