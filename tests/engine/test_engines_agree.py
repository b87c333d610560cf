"""Both engines make the same of the same, each for itself and several utterances as one by one."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch
from speaking import LONG, TEXT

import pngnat
from pngnat.audio.config import AudioConfig
from pngnat.audio.noise import noise_source
from pngnat.engine.interface import Pitch
from pngnat.models.decoder import DecoderConfig
from pngnat.models.durations import PredictorConfig
from pngnat.models.phoneme_encoder import PhonemeEncoderConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.prosody import ProsodyConfig
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.text.frontend import Frontend
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice.card import SpeakerCard, VoiceCard, find_voice
from pngnat.voice.graphs.export import export_graphs
from pngnat.voice.modules import VoiceModules, load_modules, save_voice

OPTIONS = [
    {},
    {"speaker": "bob", "seed": 7},
    {"pitch": 2},
    {"pace": 1.3, "blend": pngnat.Blend("pro", 0.5)},
    {"blend": pngnat.Blend("bob", 0.3)},
    {"word_pace": {1: 0.6}, "pause": 0.1},
]


@pytest.fixture(scope="module")
def engines(stub_voice, tmp_path_factory):
    modules, folder = (
        load_modules(shutil.copytree(stub_voice, tmp_path_factory.mktemp("sure") / "stub")),
        tmp_path_factory.mktemp("saved"),
    )
    decide(modules.vocoder)
    save_voice(modules, folder)
    export_graphs(folder, int8=False)
    return [pngnat.load_voice(folder, engine=engine) for engine in ("torch", "onnx")]


@pytest.fixture(scope="module")
def newest(tmp_path_factory):
    """What no stub has: prosody, no post-net, speakers in each block, a decoder that makes three frames in a step,
    shared noise."""
    torch.manual_seed(1)
    audio = AudioConfig(n_mels=20)
    tokenizer = PngTokenizer.train([TEXT, LONG], 256)
    config = PngNatConfig(
        encoder=PngBertConfig(
            tokenizer.vocabulary_size, width=16, layers=2, heads=4, feedforward=24, word_positions=False
        ),
        speakers=2,
        speaker_width=6,
        predictor=PredictorConfig(units=8, layers=2),
        decoder=DecoderConfig(
            kind="parallel", reduction=3, width=16, layers=2, kernel=5, feedforward=24, adaptive=True
        ),
        postnet=None,
        audio=audio,
        position_width=8,
        prosody=ProsodyConfig(width=12, layers=2, kernel=3),
    )
    sizes = VocoderConfig(
        width=16, hidden=24, blocks=2, corrections=2, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16)
    )
    return saved(tmp_path_factory.mktemp("newest"), config, sizes, tokenizer)


def decide(vocoder):
    """Make the pitch network sure: whether a frame is voiced, and which class is the likeliest, rounding would else
    decide."""
    vocoder.pitch.net.proj_out.bias.data[[5, -1]] = torch.tensor([10.0, 3.0])


def saved(folder, config, sizes, tokenizer):
    model, vocoder = PngNat(config), Vocoder(config.audio, sizes)
    torch.nn.init.constant_(model.duration_predictor.project.bias, 0.08)
    for parameter in [*model.parameters(), *vocoder.parameters()]:
        # Nothing that starts as 0 or 1 may hide a part that is left out.
        parameter.data += 0.02 * torch.randn_like(parameter)
    decide(vocoder)
    speakers = tuple(SpeakerCard(name) for name in ("ada", "bob"))
    card = VoiceCard("new", "", "", config.audio, config.to_dict(), dataclasses.asdict(sizes), speakers, "ada")
    save_voice(VoiceModules(card, tokenizer, model.eval(), vocoder.eval()), folder)
    export_graphs(folder, int8=False)
    return folder


def near(one: pngnat.Speech, other: pngnat.Speech, within: float) -> bool:
    return len(one.samples) == len(other.samples) and np.abs(one.samples - other.samples).max() < within


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_both_engines_make_the_same_sound(engines, options):
    first, second = (pngnat.synthesize(TEXT, voice, **options) for voice in engines)
    assert (
        np.abs(first.durations - second.durations).max() < 1e-4
        and near(first, second, 1e-3)
        and first.samples.std() > 1e-3
    )


def test_both_engines_make_the_same_sound_of_a_given_pitch(engines):
    spoken = pngnat.synthesize(TEXT, engines[0])
    contour = np.linspace(90, 200, len(spoken.samples) // 300) * (np.arange(len(spoken.samples) // 300) % 20 > 4)
    assert near(*(pngnat.synthesize(TEXT, voice, f0=contour, durations=spoken.durations) for voice in engines), 1e-3)


def test_the_newest_design(newest):
    torch_voice, onnx_voice = (pngnat.load_voice(newest, engine=engine) for engine in ("torch", "onnx"))
    assert pngnat.load_voice(newest).engine == "onnx"
    for options in ({}, {"speaker": "bob", "pitch": -1}):
        first = pngnat.synthesize(LONG, torch_voice, **options)
        assert near(first, pngnat.synthesize(LONG, onnx_voice, **options), 1e-3) and first.samples.std() > 1e-3
        assert near(
            first,
            dataclasses.replace(
                first, samples=np.concatenate(list(pngnat.stream_samples(LONG, onnx_voice, **options)))
            ),
            1e-3,
        )


def test_plain_nat(tmp_path):
    tokenizer = PngTokenizer.train([TEXT, LONG], 256)
    config = PngNatConfig(
        encoder=PhonemeEncoderConfig(tokenizer.vocabulary_size, width=12, lstm=6, convolutions=2),
        speakers=2,
        predictor=PredictorConfig(units=8, layers=1),
        decoder=DecoderConfig(kind="parallel", width=16, layers=1, feedforward=16),
        audio=AudioConfig(n_mels=20),
    )
    sizes = VocoderConfig(
        width=8,
        hidden=8,
        blocks=1,
        corrections=0,
        pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16),
    )
    folder = saved(tmp_path / "nat", config, sizes, tokenizer)
    assert near(
        *(pngnat.synthesize(TEXT, pngnat.load_voice(folder, engine=engine)) for engine in ("torch", "onnx")), 1e-3
    )


@pytest.mark.parametrize("engine", [0, 1], ids=["torch", "onnx"])
def test_batched_utterances_equal_single_ones(engines, engine):
    voice = engines[engine]
    tokens = [
        voice.tokenizer.encode(utterance)
        for utterance in Frontend().utterances(f"{LONG} No! How are you today, my friend?")
    ]
    rows = [0, 1, 1]
    together = voice.acoustic.encode(tokens)
    seconds = together.predict_durations(rows)
    mels = together.generate_mels(rows, seconds)
    assert mels.shape[0] == 3 and mels.dtype == seconds.dtype == np.float32
    for place, one in enumerate(tokens):
        size, alone = one.num_phoneme_tokens, voice.acoustic.encode([one])
        assert (
            np.abs(alone.predict_durations([rows[place]])[0] - seconds[place, :size]).max() < 1e-5
            and not seconds[place, size:].any()
        )
        mel = alone.generate_mels([rows[place]], seconds[place : place + 1, :size])[0]
        assert np.abs(mel - mels[place, :, : mel.shape[1]]).max() < 1e-4


def test_blocks_use_the_noise_of_the_complete_sound(engines):
    mel = np.random.default_rng(0).standard_normal((20, 130), dtype=np.float32) - 5
    for voice in engines:
        one, other = noise_source(3), noise_source(3)
        whole, blocks = voice.vocoder.sound(mel, Pitch(), one), list(voice.vocoder.blocks(mel, Pitch(), other))
        assert len(blocks) > 1 and len(whole) == 130 * 300 and np.abs(np.concatenate(blocks) - whole).max() < 1e-4
        assert one.random() == other.random()


@pytest.mark.slow
def test_the_bundled_voice_speaks_alike_with_both(tmp_path):
    folder = shutil.copytree(find_voice("english"), tmp_path / "english")
    export_graphs(folder, int8=False)
    torch_voice, onnx_voice = (pngnat.load_voice(folder, engine=engine) for engine in ("torch", "onnx"))
    tokens = [torch_voice.tokenizer.encode(one) for one in Frontend().utterances("She sells sea shells. " + LONG)]
    first, second = (voice.acoustic.encode(tokens) for voice in (torch_voice, onnx_voice))
    seconds = first.predict_durations([1, 5])
    assert np.abs(second.predict_durations([1, 5]) - seconds).max() < 1e-5
    mels = [encoding.generate_mels([1, 5], seconds) for encoding in (first, second)]
    frames = np.round(seconds.astype(float).sum(1) * 80).astype(int)
    assert (
        max(np.abs(mels[0][row, :, :count] - mels[1][row, :, :count]).max() for row, count in enumerate(frames)) < 1e-3
    )
    pitch = Pitch(np.full(frames[1], 120, dtype=np.float32))
    sounds = [
        voice.vocoder.sound(mels[0][1, :, : frames[1]], pitch, noise_source(0)) for voice in (torch_voice, onnx_voice)
    ]
    assert np.abs(sounds[0] - sounds[1]).max() < 1e-3


def test_bundled_graphs_equal_a_new_export(tmp_path):
    bundled = find_voice("english")
    for name in ("voice.json", "acoustic.safetensors", "vocoder.safetensors"):
        shutil.copy(bundled / name, tmp_path / name)
    for path in export_graphs(tmp_path):
        assert nodes(path) == nodes(bundled / path.name)


def nodes(path):
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    return [str(node) for node in graph.node], [str(one) for one in graph.initializer]
