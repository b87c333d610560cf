"""PngNat as three graphs: the encoder, the durations and the mel."""

from __future__ import annotations

import onnx

from pngnat.errors import PngnatError
from pngnat.models.phoneme_encoder import PhonemeEncoderConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import PngNatConfig
from pngnat.voice.graphs import layers
from pngnat.voice.graphs.weight_layout import WeightLayout
from pngnat.voice.graphs.writer import DOUBLE, FLOAT, INT64, GraphWriter

# Far enough below every score that a softmax gives 0, and finite.
_NEVER = -1e9


def acoustic_graphs(config: PngNatConfig, layout: WeightLayout, int8: bool = False) -> dict[str, onnx.ModelProto]:
    """Return the graphs by name.

    Raises PngnatError for the `lstm` decoder, whose loop over frames needs PyTorch.
    """
    if config.decoder.kind != "parallel":
        raise PngnatError(
            f"a voice with the decoder '{config.decoder.kind}' speaks with PyTorch alone, and cannot be exported"
        )
    properties = {"pngnat.reduction": str(config.decoder.reduction)}
    return {
        "encoder": _encoder(config, GraphWriter("encoder", layout, int8)).model(properties),
        "durations": _durations(config, GraphWriter("durations", layout)).model(properties),
        "mel": _mel(config, GraphWriter("mel", layout, int8)).model(properties),
    }


def _encoder(config: PngNatConfig, g: GraphWriter) -> GraphWriter:
    """Build the encoder: ids, segments, word_positions (B, L), lengths, phoneme_lengths (B,) to states (B, N, D)."""
    ids, segments, positions = (g.input(name, INT64, ("B", "L")) for name in ("ids", "segments", "word_positions"))
    lengths, phoneme_lengths = (g.input(name, INT64, ("B",)) for name in ("lengths", "phoneme_lengths"))
    longest = g.op("Unsqueeze", g.op("ReduceMax", phoneme_lengths, keepdims=0), g.constant([0]))
    if isinstance(config.encoder, PngBertConfig):
        states = _png_bert(g, config.encoder, (ids, segments, positions), lengths)
        states, width = g.op("Slice", states, g.constant([0]), longest, g.constant([1])), config.encoder.width
    else:
        ids = g.op("Slice", ids, g.constant([0]), longest, g.constant([1]))
        states, width = _phoneme_encoder(g, config.encoder, ids, phoneme_lengths), 2 * config.encoder.lstm
    g.output(states, "states", FLOAT, ("B", "N", width))
    return g


def _png_bert(g: GraphWriter, config: PngBertConfig, tokens: tuple[str, str, str], lengths: str) -> str:
    ids, segments, word_positions = tokens
    places = layers.sinusoidal(g, layers.float_places(g, ids), config.width)
    total = g.op("Add", g.rows("encoder.token.weight", ids), g.rows("encoder.segment.weight", segments))
    total = g.op("Add", total, layers.linear(g, places, "encoder.position"))
    if config.word_positions:
        words = layers.sinusoidal(g, g.op("Cast", word_positions, to=FLOAT), config.width)
        total = g.op("Add", total, layers.linear(g, words, "encoder.word_position"))
    x = layers.layer_norm(g, total, "encoder.norm")
    mask = g.op("Transpose", layers.length_mask(g, lengths, ids), perm=[0, 2, 1])
    hidden = g.op("Unsqueeze", g.op("Mul", g.op("Sub", g.constant(1.0), mask), g.constant(_NEVER)), g.constant([1]))
    for layer in range(config.layers):
        name = f"encoder.layers.{layer}"
        x = g.op(
            "Add",
            x,
            layers.attention(
                g, layers.layer_norm(g, x, f"{name}.norm1"), hidden, f"{name}.self_attn", config.width, config.heads
            ),
        )
        y = g.op(
            "Gelu", layers.linear(g, layers.layer_norm(g, x, f"{name}.norm2"), f"{name}.linear1"), approximate="none"
        )
        x = g.op("Add", x, layers.linear(g, y, f"{name}.linear2"))
    return layers.layer_norm(g, x, "encoder.final_norm")


def _phoneme_encoder(g: GraphWriter, config: PhonemeEncoderConfig, ids: str, lengths: str) -> str:
    mask = layers.length_mask(g, lengths, ids)
    ids = g.op("Mul", ids, g.op("Cast", g.op("Squeeze", mask, g.constant([2])), to=INT64))
    hidden = g.rows("encoder.token.weight", ids)
    for place in range(config.convolutions):
        convolved = layers.conv(g, g.op("Mul", hidden, mask), f"encoder.convolutions.{place}", config.kernel)
        hidden = g.op("Relu", layers.layer_norm(g, convolved, f"encoder.norms.{place}"))
    return layers.bilstm(g, hidden, lengths, "encoder.lstm", config.lstm, 1)


class _Tokens:
    """The inputs of both durations and mel: states (B, N, D), speakers (B,) rows, phoneme_lengths (B,)."""

    def __init__(self, g: GraphWriter, config: PngNatConfig) -> None:
        states = g.input("states", FLOAT, ("B", "N", "D"))
        speakers, self.lengths = (g.input(name, INT64, ("B",)) for name in ("speakers", "phoneme_lengths"))
        self.mask = layers.length_mask(g, self.lengths, states)
        self.speaker = g.rows("speaker.weight", speakers)
        size = g.op("Shape", states, start=1, end=2)
        shape = g.op("Concat", g.constant([1]), size, g.constant([1]), axis=0)
        spread = g.op("Expand", g.op("Unsqueeze", self.speaker, g.constant([1])), shape)
        self.hidden = g.op("Mul", g.op("Concat", states, spread, axis=-1), self.mask)


def _durations(config: PngNatConfig, g: GraphWriter) -> GraphWriter:
    """Build the durations: states (B, N, D), speakers, phoneme_lengths (B,) to seconds (B, N)."""
    tokens, predictor = _Tokens(g, config), config.predictor
    read = layers.bilstm(g, tokens.hidden, tokens.lengths, "duration_predictor.lstm", predictor.units, predictor.layers)
    seconds = g.op("Mul", g.op("Relu", layers.linear(g, read, "duration_predictor.project")), tokens.mask)
    g.output(g.op("Squeeze", seconds, g.constant([2])), "seconds", FLOAT, ("B", "N"))
    return g


def _mel(config: PngNatConfig, g: GraphWriter) -> GraphWriter:
    """Build the mel: states (B, N, D), speakers, phoneme_lengths (B,), seconds (B, N), positions (B, T), frames (B,) to
    mel (B, M, T).

    positions: frames from the start of a token to the middle of each frame in it. T: a multiple of the decoder's
    reduction.
    """
    tokens = _Tokens(g, config)
    seconds = g.op("Mul", g.op("Unsqueeze", g.input("seconds", FLOAT, ("B", "N")), g.constant([2])), tokens.mask)
    positions, frames = g.input("positions", FLOAT, ("B", "T")), g.input("frames", INT64, ("B",))
    timed = g.op("Concat", tokens.hidden, seconds, axis=-1)
    hidden = (
        tokens.hidden if config.prosody is None else g.op("Add", tokens.hidden, _prosody(g, config, timed, tokens.mask))
    )
    weights = _gaussian_weights(g, config, seconds, _ranges(g, config, timed, tokens.lengths), positions)
    upsampled = g.op(
        "Concat", g.op("MatMul", weights, hidden), layers.sinusoidal(g, positions, config.position_width), axis=-1
    )
    mask = layers.length_mask(g, frames, positions)
    mel = _decoder(g, config, g.op("Mul", upsampled, mask), frames, tokens.speaker)
    if config.postnet:
        mel = g.op("Add", mel, _postnet(g, config, mel, mask))
    mel = g.op("Add", g.op("Mul", mel, g.constant(float(config.mel_scale))), g.constant(float(config.mel_offset)))
    g.output(g.op("Transpose", mel, perm=[0, 2, 1]), "mel", FLOAT, ("B", config.audio.n_mels, "T"))
    return g


def _prosody(g: GraphWriter, config: PngNatConfig, timed: str, mask: str) -> str:
    """Add the prediction and the embedding of Prosody: (B, N, D + 1) to (B, N, D)."""
    assert config.prosody is not None
    x = timed
    for place in range(config.prosody.layers):
        convolved = layers.conv(g, g.op("Mul", x, mask), f"prosody.convolutions.{place}", config.prosody.kernel)
        x = layers.layer_norm(g, g.op("Relu", convolved), f"prosody.norms.{place}")
    values = g.op("Mul", layers.linear(g, x, "prosody.proj_out"), mask)
    return g.op("Mul", layers.conv(g, values, "prosody.embedding", 3), mask)


def _ranges(g: GraphWriter, config: PngNatConfig, timed: str, lengths: str) -> str:
    """Add sigma of the Gaussians in frames, (B, N, 1)."""
    predictor = config.predictor
    read = layers.bilstm(g, timed, lengths, "range_predictor.lstm", predictor.units, predictor.layers)
    return g.op(
        "Add",
        g.op("Softplus", layers.linear(g, read, "range_predictor.project")),
        g.constant(float(predictor.min_range)),
    )


def _gaussian_weights(g: GraphWriter, config: PngNatConfig, seconds: str, ranges: str, positions: str) -> str:
    """Add `gaussian_weights`, (B, T, N)."""
    durations = g.op("Mul", seconds, g.constant(float(config.audio.frame_rate)))
    ends = g.op("Cast", g.op("CumSum", g.op("Cast", durations, to=DOUBLE), g.constant(1)), to=FLOAT)
    centres = g.op("Sub", ends, g.op("Mul", durations, g.constant(0.5)))
    durations, centres, ranges = (g.op("Transpose", value, perm=[0, 2, 1]) for value in (durations, centres, ranges))
    times = g.op("Unsqueeze", g.op("Add", layers.float_places(g, positions), g.constant(0.5)), g.constant([0, 2]))
    distance = g.op("Div", g.op("Sub", times, centres), ranges)
    density = g.op("Sub", g.op("Mul", g.op("Mul", distance, distance), g.constant(-0.5)), g.op("Log", ranges))
    lasts = g.op("Cast", g.op("Greater", durations, g.constant(0.0)), to=FLOAT)
    any_lasts = g.op("ReduceMax", lasts, g.constant([2]), keepdims=1)
    silent = g.op("Mul", g.op("Sub", any_lasts, lasts), g.constant(_NEVER))
    return g.op("Softmax", g.op("Add", density, silent), axis=-1)


def _decoder(g: GraphWriter, config: PngNatConfig, upsampled: str, frames: str, speaker: str) -> str:
    """Add a ParallelDecoder: (B, T, D) to (B, T, M)."""
    decoder, inputs = config.decoder, _upsampled_width(config)
    grouped = g.op("Reshape", upsampled, g.constant([0, -1, inputs * decoder.reduction]))
    hidden = layers.linear(g, grouped, "decoder.proj_in")
    groups = g.op("Div", g.op("Add", frames, g.constant(decoder.reduction - 1)), g.constant(decoder.reduction))
    mask = layers.length_mask(g, groups, hidden)
    for block in range(decoder.layers):
        condition = speaker if decoder.adaptive else None
        hidden = g.op("Mul", hidden, mask)
        hidden = layers.convnext_block(
            g, hidden, f"decoder.blocks.{block}", decoder.width, decoder.kernel, "none", condition
        )
    made = layers.linear(g, layers.layer_norm(g, hidden, "decoder.norm"), "decoder.proj_out")
    return g.op("Reshape", made, g.constant([0, -1, config.audio.n_mels]))


def _upsampled_width(config: PngNatConfig) -> int:
    encoded = config.encoder.width if isinstance(config.encoder, PngBertConfig) else 2 * config.encoder.lstm
    return encoded + config.speaker_width + config.position_width


def _postnet(g: GraphWriter, config: PngNatConfig, mel: str, mask: str) -> str:
    assert config.postnet is not None
    hidden = mel
    for place in range(config.postnet.layers):
        hidden = g.op("Tanh", hidden) if place else hidden
        hidden = layers.conv(g, g.op("Mul", hidden, mask), f"postnet.convolutions.{place}", config.postnet.kernel)
    return hidden
