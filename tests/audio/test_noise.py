import numpy as np

from pngnat.audio.noise import draw_noise, noise_source


def test_noise_goes_on_where_it_stopped():
    whole, source = draw_noise(noise_source(3), 9, 2, 7), noise_source(3)
    parts = [draw_noise(source, frames, 2, 7) for frames in (1, 3, 5)]
    assert np.array_equal(np.concatenate(parts), whole) and whole.shape == (9, 2, 7) and whole.dtype == np.complex64


def test_seeds_differ_and_frames_do_too():
    one, other = (draw_noise(noise_source(seed), 2, 1, 100) for seed in (0, 1))
    assert not np.array_equal(one, other) and not np.array_equal(one[0], one[1])


def test_it_is_white_and_of_variance_two():
    drawn = draw_noise(noise_source(0), 400, 1, 601)[:, 0]
    parts = np.stack([drawn.real, drawn.imag])
    # Of 240,000 numbers, five standard errors.
    assert np.abs(parts.mean((1, 2))).max() < 0.011 and np.abs(parts.var((1, 2)) - 1).max() < 0.015
    for a, b in ((drawn[:, 1:], drawn[:, :-1]), (drawn[1:], drawn[:-1]), (drawn, drawn.conj())):
        assert abs((a * b.conj()).mean()) / 2 < 0.011


def test_samples_made_of_it_are_gaussian():
    samples = np.fft.irfft(draw_noise(noise_source(0), 400, 1, 601)[:, 0], axis=-1)
    assert abs((samples**4).mean() / samples.var() ** 2 - 3) < 0.04
