"""The layers of `pngnat.models.layers` as nodes. Values are (B, T, D) unless a docstring gives another shape."""

from __future__ import annotations

import numpy as np

from pngnat.voice.graphs.writer import FLOAT, INT32, GraphWriter

# The default of PyTorch.
_EPSILON = 1e-5
# The number of outputs of a dense layer from which 8 bits make it faster.
_FEWEST_ROUNDED = 16


def linear(g: GraphWriter, x: str, name: str, scale: str | None = None) -> str:
    """Add a dense layer over the last dimension.

    scale: the name of a weight (outputs,) that multiplies the result; loading the graph folds it into the layer.
    """
    return dense(g, x, f"{name}.weight", f"{name}.bias", scale)


def dense(g: GraphWriter, x: str, weight_name: str, bias_name: str, scale: str | None = None) -> str:
    """Add a dense layer by the names of its weights; see `linear`."""
    if g.int8 and g.layout.places[weight_name].shape[0] >= _FEWEST_ROUNDED:
        return _rounded_dense(g, x, weight_name, bias_name, scale)
    weight = g.op("Transpose", g.weight(weight_name), perm=[1, 0])
    bias = g.weight(bias_name) if g.has(bias_name) else None
    if scale is not None:
        weight = g.op("Mul", weight, g.weight(scale))
        bias = bias and g.op("Mul", bias, g.weight(scale))
    made = g.op("MatMul", x, weight)
    return made if bias is None else g.op("Add", made, bias)


def _rounded_dense(g: GraphWriter, x: str, weight_name: str, bias_name: str, scale: str | None) -> str:
    """Add a dense layer with 8-bit weights, with one scale for each output.

    Its inputs are rounded at run time, with one scale for all of them.
    """
    weight = g.layout.read(weight_name).T
    bias = g.layout.read(bias_name) if g.has(bias_name) else np.zeros(weight.shape[1], dtype=np.float32)
    if scale is not None:
        weight, bias = weight * g.layout.read(scale), bias * g.layout.read(scale)
    # Instructions of older processors add two products in 16 bits, which 2 * 255 * 63 fits.
    steps = np.maximum(np.abs(weight).max(0), 1e-9) / 63
    rounded = g.constant(np.round(weight / steps), np.int8)
    values, step, zero = g.split("DynamicQuantizeLinear", x, outputs=3)
    products = g.op("Cast", g.op("MatMulInteger", values, rounded, zero), to=FLOAT)
    return g.op("Add", g.op("Mul", products, g.op("Mul", step, g.constant(steps))), g.constant(bias))


def layer_norm(g: GraphWriter, x: str, name: str) -> str:
    """Add a layer norm over the last dimension."""
    return g.op(
        "LayerNormalization", x, g.weight(f"{name}.weight"), g.weight(f"{name}.bias"), axis=-1, epsilon=_EPSILON
    )


def conv(g: GraphWriter, x: str, name: str, kernel: int) -> str:
    """Add a convolution over frames that keeps their number: (B, T, D) to (B, T, D')."""
    return g.op("Transpose", conv_channels_first(g, g.op("Transpose", x, perm=[0, 2, 1]), name, kernel), perm=[0, 2, 1])


def conv_channels_first(g: GraphWriter, x: str, name: str, kernel: int) -> str:
    """Add a convolution over frames: (B, D, T) to (B, D', T)."""
    return g.op(
        "Conv", x, g.weight(f"{name}.weight"), g.weight(f"{name}.bias"), kernel_shape=[kernel], pads=[kernel // 2] * 2
    )


def depthwise_conv(g: GraphWriter, x: str, name: str, width: int, kernel: int) -> str:
    """Add a convolution over frames of each channel.

    The frames are images of one row: ONNX Runtime keeps only images in blocks of channels, in which the convolution and
    the transpositions of its input and output take half the time.
    """
    image = g.op("Transpose", g.op("Unsqueeze", x, g.constant([1])), perm=[0, 3, 1, 2])
    weight, pads = g.op("Unsqueeze", g.weight(f"{name}.weight"), g.constant([2])), [0, kernel // 2] * 2
    made = g.op("Conv", image, weight, g.weight(f"{name}.bias"), kernel_shape=[1, kernel], pads=pads, group=width)
    return g.op("Squeeze", g.op("Transpose", made, perm=[0, 2, 3, 1]), g.constant([1]))


def convnext_block(
    g: GraphWriter, x: str, name: str, width: int, kernel: int, gelu: str, condition: str | None = None
) -> str:
    """Add a ConvNeXtBlock. condition: (B, C), for a block with a condition."""
    y = layer_norm(g, depthwise_conv(g, x, f"{name}.depthwise", width, kernel), f"{name}.norm")
    if condition is not None:
        adapted = g.op("Unsqueeze", linear(g, condition, f"{name}.adapt"), g.constant([1]))
        gain, shift = g.split("Split", adapted, outputs=2, axis=-1, num_outputs=2)
        y = g.op("Add", g.op("Mul", y, g.op("Add", gain, g.constant(1.0))), shift)
    y = g.op("Gelu", linear(g, y, f"{name}.expand"), approximate=gelu)
    return g.op("Add", x, linear(g, y, f"{name}.contract", scale=f"{name}.scale"))


def convnext(g: GraphWriter, x: str, name: str, width: int, blocks: int, kernel: int) -> str:
    """Add a ConvNeXt: (B, inputs, T) to (B, T, outputs)."""
    x = g.op("Transpose", conv_channels_first(g, x, f"{name}.proj_in", kernel), perm=[0, 2, 1])
    for block in range(blocks):
        x = convnext_block(g, x, f"{name}.blocks.{block}", width, kernel, "tanh")
    return linear(g, layer_norm(g, x, f"{name}.norm"), f"{name}.proj_out")


def bilstm(g: GraphWriter, x: str, lengths: str, name: str, units: int, layers: int) -> str:
    """Add a BiLstm: (B, N, D) and lengths (B,) to (B, N, 2 * units), 0 at padding."""
    lengths32 = g.op("Cast", lengths, to=INT32)  # the type of sequence_lens
    x = g.op("Transpose", x, perm=[1, 0, 2])
    for layer in range(layers):
        ways = [f"{name}.forwards.{layer}", f"{name}.backwards.{layer}"]
        inputs, recurrent = (_both(g, [_gates(g, f"{way}.weight_{kind}_l0") for way in ways]) for kind in ("ih", "hh"))
        biases = [
            g.op("Concat", *(_gates(g, f"{way}.bias_{kind}_l0") for kind in ("ih", "hh")), axis=0) for way in ways
        ]
        made = g.op(
            "LSTM", x, inputs, recurrent, _both(g, biases), lengths32, direction="bidirectional", hidden_size=units
        )
        # (N, 2, B, units): both directions of a token are adjacent.
        x = g.op("Reshape", g.op("Transpose", made, perm=[0, 2, 1, 3]), g.constant([0, 0, -1]))
    return g.op("Transpose", x, perm=[1, 0, 2])


def _gates(g: GraphWriter, name: str) -> str:
    """Return a weight with its gates in ONNX's order: input, output, forget, cell. PyTorch's is input, forget, cell,
    output."""
    gates = g.split("Split", g.weight(name), outputs=4, axis=0, num_outputs=4)
    return g.op("Concat", *(gates[place] for place in (0, 3, 1, 2)), axis=0)


def _both(g: GraphWriter, directions: list[str]) -> str:
    return g.op("Concat", *(g.op("Unsqueeze", one, g.constant([0])) for one in directions), axis=0)


def sinusoidal(g: GraphWriter, positions: str, width: int) -> str:
    """Add a sinusoidal embedding: float positions (...,) to (..., width)."""
    frequencies = np.exp(np.arange(0, width, 2, dtype=np.float32) * np.float32(-np.log(10000.0) / width))
    angles = g.op("Mul", g.op("Unsqueeze", positions, g.constant([-1])), g.constant(frequencies))
    return g.op("Concat", g.op("Sin", angles), g.op("Cos", angles), axis=-1)


def length_mask(g: GraphWriter, lengths: str, like: str) -> str:
    """Add a mask: lengths (B,) to (B, T, 1) float, 1 at the first lengths[b] places.

    like: a value whose second dimension is T.
    """
    places = g.op("Unsqueeze", _places(g, like), g.constant([0]))
    inside = g.op("Less", places, g.op("Unsqueeze", lengths, g.constant([1])))
    return g.op("Unsqueeze", g.op("Cast", inside, to=FLOAT), g.constant([2]))


def float_places(g: GraphWriter, like: str) -> str:
    """Add the numbers 0.0, 1.0, ... (T,), where T is the second dimension of `like`."""
    return g.op("Cast", _places(g, like), to=FLOAT)


def _places(g: GraphWriter, like: str) -> str:
    size = g.op("Squeeze", g.op("Shape", like, start=1, end=2), g.constant([0]))
    return g.op("Range", g.constant(np.int64(0)), size, g.constant(np.int64(1)))


def attention(g: GraphWriter, x: str, hidden_at_padding: str, name: str, width: int, heads: int) -> str:
    """Add self-attention. hidden_at_padding: (B, 1, 1, L), 0 at tokens and a large negative number at padding."""
    projected = dense(g, x, f"{name}.in_proj_weight", f"{name}.in_proj_bias")
    depth = width // heads
    split = g.op("Reshape", projected, g.constant([0, 0, 3, heads, depth]))
    queries, keys, values = (
        g.op("Squeeze", part, g.constant([2])) for part in g.split("Split", split, outputs=3, axis=2, num_outputs=3)
    )
    queries = g.op("Mul", g.op("Transpose", queries, perm=[0, 2, 1, 3]), g.constant(depth**-0.5))
    scores = g.op("MatMul", queries, g.op("Transpose", keys, perm=[0, 2, 3, 1]))
    weights = g.op("Softmax", g.op("Add", scores, hidden_at_padding), axis=-1)
    mixed = g.op("Transpose", g.op("MatMul", weights, g.op("Transpose", values, perm=[0, 2, 1, 3])), perm=[0, 2, 1, 3])
    return linear(g, g.op("Reshape", mixed, g.constant([0, 0, width])), f"{name}.out_proj")
