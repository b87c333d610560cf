"""The networks of Vocoder as two graphs: the pitch of a mel, and the filters of source and noise."""

from __future__ import annotations

import math

import numpy as np
import onnx

from pngnat.audio.config import AudioConfig
from pngnat.models.vocoder.pitch import REACH, PitchConfig
from pngnat.models.vocoder.vocoder import MAX_LOG, MEL_MEAN, MEL_SCALE, SURE_VOICE, VocoderConfig
from pngnat.voice.graphs import layers
from pngnat.voice.graphs.weight_layout import WeightLayout
from pngnat.voice.graphs.writer import DOUBLE, FLOAT, GraphWriter

# The kernel of the pitch network's convolutions, which has no setting.
_PITCH_KERNEL = 7
_NEVER = -1e9


def vocoder_graphs(
    audio: AudioConfig, config: VocoderConfig, layout: WeightLayout, int8: bool = False
) -> dict[str, onnx.ModelProto]:
    """Return the graphs by name."""
    return {
        "pitch": _pitch(audio, config.pitch, GraphWriter("pitch", layout)).model({}),
        "filters": _filters(audio, config, GraphWriter("filters", layout, int8)).model({}),
    }


def _pitch(audio: AudioConfig, config: PitchConfig, g: GraphWriter) -> GraphWriter:
    """Build Vocoder.predict_f0: mel (B, M, T) to f0 (B, T) in Hz, above 0, and voicing (B, T), a probability."""
    mel = _scaled(g, g.input("mel", FLOAT, ("B", audio.n_mels, "T")))
    out = layers.convnext(g, mel, "pitch.net", config.width, config.blocks, _PITCH_KERNEL)
    classes, voicing = g.split("Split", out, g.constant([config.bins, 1]), outputs=2, axis=-1)
    likeliest = g.op("Cast", g.op("ArgMax", classes, axis=-1, keepdims=1), to=FLOAT)
    steps = g.op("Sub", g.constant(np.arange(config.bins, dtype=np.float32)), likeliest)
    far = g.op("Cast", g.op("Greater", g.op("Abs", steps), g.constant(float(REACH))), to=FLOAT)
    near = g.op("Softmax", g.op("Add", classes, g.op("Mul", far, g.constant(_NEVER))), axis=-1)
    mean = g.op("ReduceSum", g.op("Mul", near, steps), g.constant([2]))
    share = g.op("Relu", g.op("Sub", g.constant(float(REACH + 1)), g.op("Abs", g.op("Sub", steps, mean))))
    weights = g.op("Mul", g.op("Softmax", classes, axis=-1), g.op("Min", share, g.constant(1.0)))
    mean = g.op("Div", *(g.op("ReduceSum", value, g.constant([2])) for value in (g.op("Mul", weights, steps), weights)))
    place = g.op("Add", *(g.op("Cast", part, to=DOUBLE) for part in (mean, likeliest)))
    logs = g.op("Mul", g.op("Squeeze", place, g.constant([2])), g.constant(config.spacing, np.float64))
    pitch = g.op("Cast", g.op("Exp", g.op("Add", logs, g.constant(config.log_f_min, np.float64))), to=FLOAT)
    g.output(pitch, "f0", FLOAT, ("B", "T"))
    g.output(g.op("Squeeze", g.op("Sigmoid", voicing), g.constant([2])), "voicing", FLOAT, ("B", "T"))
    return g


def _filters(audio: AudioConfig, config: VocoderConfig, g: GraphWriter) -> GraphWriter:
    """Build Vocoder.filters, frame by frame: mel (B, M, T), f0 (B, T) in Hz, above 0, voicing (B, T) to its outputs.

    Outputs: pulses_real, pulses_imaginary, the periodic filter, and breath, the aperiodic one, each (B, T, K); with
    corrections also trust, the correction gate, (B, T, M).
    """
    mel = _scaled(g, g.input("mel", FLOAT, ("B", audio.n_mels, "T")))
    f0, voicing = (g.op("Unsqueeze", g.input(name, FLOAT, ("B", "T")), g.constant([1])) for name in ("f0", "voicing"))
    seen = g.op("Concat", mel, g.op("Sub", g.op("Log", f0), g.constant(5.0)), voicing, axis=1)
    out = layers.convnext(g, seen, "net", config.width, config.blocks, config.kernel)
    bins, trusted = audio.window_length // 2 + 1, audio.n_mels if config.corrections else 0
    sizes = [bins, bins, bins, trusted] if trusted else [bins, bins, bins]
    pulses, phase, breath, *trust = g.split("Split", out, g.constant(sizes), outputs=len(sizes), axis=-1)
    angle = g.op("Mul", phase, g.constant(math.pi))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(audio.window_length) / audio.window_length)
    level = g.op("Mul", _magnitude(g, pulses), g.constant(float(1 / math.sqrt((window.astype(np.float32) ** 2).sum()))))
    g.output(g.op("Mul", level, g.op("Cos", angle)), "pulses_real", FLOAT, ("B", "T", bins))
    g.output(g.op("Mul", level, g.op("Sin", angle)), "pulses_imaginary", FLOAT, ("B", "T", bins))
    low = round(config.max_voiced_frequency * audio.window_length / audio.sample_rate)
    breath = _magnitude(g, breath)
    g.output(_without_voiced_noise(g, breath, voicing, low, bins) if low else breath, "breath", FLOAT, ("B", "T", bins))
    if trust:
        g.output(g.op("Sigmoid", trust[0]), "trust", FLOAT, ("B", "T", audio.n_mels))
    return g


def _scaled(g: GraphWriter, mel: str) -> str:
    return g.op("Div", g.op("Sub", mel, g.constant(float(MEL_MEAN))), g.constant(float(MEL_SCALE)))


def _magnitude(g: GraphWriter, logs: str) -> str:
    return g.op("Exp", g.op("Min", logs, g.constant(float(MAX_LOG))))


def _without_voiced_noise(g: GraphWriter, breath: str, voicing: str, low: int, bins: int) -> str:
    """Add Vocoder._without_voiced_noise. voicing: (B, 1, T)."""
    voiced = g.op("Min", g.op("Div", voicing, g.constant(float(SURE_VOICE))), g.constant(1.0))
    unvoiced = g.op("Transpose", g.op("Sub", g.constant(1.0), voiced), perm=[0, 2, 1])
    below, above = g.split("Split", breath, g.constant([low, bins - low]), outputs=2, axis=-1)
    return g.op("Concat", g.op("Mul", below, unvoiced), above, axis=-1)
