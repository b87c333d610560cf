"""A writer of ONNX graphs, node by node. Values are referred to by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pngnat.errors import PngnatError
from pngnat.version import __version__
from pngnat.voice.graphs.files import WEIGHTS_DIGEST
from pngnat.voice.graphs.weight_layout import WeightLayout

# 20 is the first version with Gelu.
OPSET = 20
IR_VERSION = 10
FLOAT, DOUBLE, INT32, INT64 = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT32, TensorProto.INT64
_DTYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}


class GraphWriter:
    """A graph whose nodes are in the order of the calls.

    layout: the file of the weights. int8: whether dense layers are rounded to 8 bits.
    """

    def __init__(self, name: str, layout: WeightLayout, int8: bool = False) -> None:
        self.name, self.layout, self.int8 = name, layout, int8
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._weights: dict[str, str] = {}
        self._constants: dict[tuple, str] = {}

    def input(self, name: str, dtype: int, shape: Sequence[str | int]) -> str:
        """Declare an input; a dimension that is a text has any length."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
        return name

    def output(self, value: str, name: str, dtype: int, shape: Sequence[str | int]) -> None:
        """Declare a value as the output of this name."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))

    def op(self, kind: str, *inputs: str, **attributes) -> str:
        """Add a node with one output, and return its name."""
        return self.split(kind, *inputs, outputs=1, **attributes)[0]

    def split(self, kind: str, *inputs: str, outputs: int, **attributes) -> list[str]:
        """Add a node with several outputs, and return their names."""
        names = [f"v{len(self._nodes)}" if outputs == 1 else f"v{len(self._nodes)}_{place}" for place in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def constant(self, value: float | Sequence[int] | np.ndarray | np.generic, dtype: type | None = None) -> str:
        """Add a small constant to the graph, and return its name.

        Ints are int64 and other numbers float32, unless a dtype is given.
        """
        array = np.asarray(value)
        array = array.astype(dtype or (np.int64 if array.dtype.kind in "iu" else np.float32))
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = f"c{len(self._constants)}"
            self._initializers[self._constants[key]] = numpy_helper.from_array(array, self._constants[key])
        return self._constants[key]

    def has(self, name: str) -> bool:
        """Return whether the file has this tensor."""
        return name in self.layout.places

    def weight(self, name: str) -> str:
        """Add a tensor of the weights' file as float32, and return its name; the graph has only its place."""
        if name not in self._weights:
            self._weights[name] = self._widened(name, self._external(name))
        return self._weights[name]

    def rows(self, name: str, indices: str) -> str:
        """Add rows of a table of the weights' file as float32, and return their name; the table keeps its type."""
        return self._widened(name, self.op("Gather", self._external(name), indices))

    def _widened(self, name: str, value: str) -> str:
        return value if self.layout.places[name].dtype == "F32" else self.op("Cast", value, to=FLOAT)

    def _external(self, name: str) -> str:
        place = self.layout.places.get(name)
        if place is None or place.dtype not in _DTYPES:
            raise PngnatError(
                f"{self.layout.file} is damaged: '{name}' is missing, or of the kind {place.dtype if place else 'none'}"
            )
        tensor = TensorProto(
            name=name, data_type=_DTYPES[place.dtype], dims=place.shape, data_location=TensorProto.EXTERNAL
        )
        for key, value in (("location", self.layout.file), ("offset", place.offset), ("length", place.length)):
            tensor.external_data.add(key=key, value=str(value))
        self._initializers[name] = tensor
        return name

    def model(self, properties: Mapping[str, str]) -> onnx.ModelProto:
        """Return the finished graph. properties: values that its reader needs beside it."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._initializers.values())
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="pngnat",
            producer_version=__version__,
        )
        helper.set_model_props(model, {WEIGHTS_DIGEST: self.layout.digest, **properties})
        return model
