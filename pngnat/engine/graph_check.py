"""A check of untrusted graphs before ONNX Runtime opens them: only pngnat's operators, and weights inside the folder.

An ONNX file is a message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding, fields as in onnx.proto
of ONNX 1.16). The check parses it without a library: the package onnx would be a large part of the requirements of
synthesis.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pngnat.errors import PngnatError, shorten
from pngnat.files import read_limited
from pngnat.untrusted import LARGEST_FILES, safe_file
from pngnat.voice.card import ACOUSTIC, PROFESSIONAL, VOCODER
from pngnat.voice.graphs.files import WEIGHTS_DIGEST
from pngnat.voice.graphs.weight_layout import digest, read_header

# The operators that `pngnat voices export` writes. None of them contains a graph, so that none can run forever.
OPERATORS = frozenset(
    """Abs Add ArgMax Cast Concat Conv Cos CumSum Div DynamicQuantizeLinear Exp Expand Gather Gelu Greater Identity
    LSTM LayerNormalization Less Log MatMul MatMulInteger Min Mul Range ReduceMax ReduceSum Relu Reshape Shape
    Sigmoid Sin Slice Softmax Softplus Split Squeeze Sub Tanh Transpose Unsqueeze""".split()
)
_DOMAINS = (b"", b"ai.onnx")
_WEIGHTS = (ACOUSTIC, PROFESSIONAL, VOCODER)
_MOST_NODES, _MOST_FIELDS = 20_000, 500_000
# Numbers of Protocol Buffers fields.
_MODEL_GRAPH, _MODEL_OPSETS, _MODEL_PROPERTIES, _MODEL_FUNCTIONS = 7, 8, 14, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_TYPE, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = 5, 6, 10, 11, (22, 23)
_TENSOR_EXTERNAL = 13
_KEY, _VALUE = 1, 2


def check_graph(folder: Path, name: str) -> Path:
    """Return the path of a graph in a voice folder after a check that it is safe to open.

    Raises PngnatError for a graph that is missing or damaged, that has operators that pngnat does not use or weights
    outside of the voice's files, and if these files have changed since the export.
    """
    path = safe_file(folder, name)
    try:
        locations, weights = _read(read_limited(path, LARGEST_FILES[".onnx"]))
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise PngnatError(f"{path} is damaged or not safe to use ({error})") from error
    for location in locations:
        if digest(read_header(safe_file(folder, location))) != weights:
            raise PngnatError(
                f"{folder / location} has changed since {name} was written: run `pngnat voices export {folder}`"
            )
    return path


def _read(model: memoryview | bytes) -> tuple[set[str], str]:
    """Return the files that a model refers to, and its digest of them.

    Raises ValueError for content that no graph of pngnat has.
    """
    found, properties = set(), {}
    view, budget = memoryview(model), _Budget()
    for number, value in _fields(view, budget):
        if number == _MODEL_FUNCTIONS:
            raise ValueError("it has functions of its own")
        if number == _MODEL_OPSETS and bytes(_entry(value, 1, budget)) not in _DOMAINS:
            raise ValueError("it has operators of its own")
        if number == _MODEL_PROPERTIES:
            properties[_text(_entry(value, _KEY, budget))] = _text(_entry(value, _VALUE, budget))
        if number == _MODEL_GRAPH:
            found |= _read_graph(value, budget)
    return found, properties.get(WEIGHTS_DIGEST, "")


def _read_graph(graph: memoryview, budget: _Budget) -> set[str]:
    found, nodes = set(), 0
    for number, value in _fields(graph, budget):
        if number == _GRAPH_SPARSE:
            raise ValueError("it has sparse weights")
        if number == _GRAPH_INITIALIZER:
            found |= _locations(value, budget)
        if number == _GRAPH_NODE:
            nodes += 1
            found |= _read_node(value, budget)
    if not 0 < nodes <= _MOST_NODES:
        raise ValueError(f"it has {nodes or 'no'} operators")
    return found


def _read_node(node: memoryview, budget: _Budget) -> set[str]:
    found: set[str] = set()
    for number, value in _fields(node, budget):
        if number == _NODE_DOMAIN and bytes(value) not in _DOMAINS:
            raise ValueError("it has operators of its own")
        if number == _NODE_TYPE and _text(value) not in OPERATORS:
            raise ValueError(f"it has the operator '{shorten(_text(value), 60)}', which pngnat does not use")
        if number == _NODE_ATTRIBUTE:
            for kind, part in _fields(value, budget):
                if kind in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS, *_ATTRIBUTE_SPARSE):
                    raise ValueError("it has an operator with a graph of its own")
                if kind in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                    found |= _locations(part, budget)
    return found


def _locations(tensor: memoryview, budget: _Budget) -> set[str]:
    found = set()
    for number, value in _fields(tensor, budget):
        if number == _TENSOR_EXTERNAL and bytes(_entry(value, _KEY, budget)) == b"location":
            location = _text(_entry(value, _VALUE, budget))
            if location not in _WEIGHTS:
                raise ValueError(
                    f"it takes weights from '{shorten(location, 60)}', which is none of the voice's own files"
                )
            found.add(location)
    return found


def _entry(message: memoryview, wanted: int, budget: _Budget) -> memoryview:
    """Return the last field of a number, as readers of Protocol Buffers do; empty if there is none."""
    found = memoryview(b"")
    for number, value in _fields(message, budget):
        if number == wanted:
            found = value
    return found


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8")


class _Budget:
    """A limit on the fields of a file: a file of 100 MB can hold 50 million empty ones."""

    def __init__(self) -> None:
        self.left = _MOST_FIELDS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ValueError("it has too many parts")


_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def _fields(message: memoryview, budget: _Budget) -> Iterator[tuple[int, memoryview]]:
    """Yield the number of each field of a message, with its bytes if it has a length, else with no bytes."""
    place = 0
    while place < len(message):
        budget.take()
        tag, place = _varint(message, place)
        kind, end = tag & 7, place
        if kind == _VARINT:
            _, end = _varint(message, place)
        elif kind == _BYTES:
            length, place = _varint(message, place)
            end = place + length
        elif kind in (_FIXED64, _FIXED32):
            end = place + (8 if kind == _FIXED64 else 4)
        else:
            raise ValueError("it is no ONNX file")
        if end > len(message):
            raise ValueError("it is cut off, or no ONNX file")
        yield tag >> 3, message[place:end] if kind == _BYTES else memoryview(b"")
        place = end


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("it is no ONNX file")
