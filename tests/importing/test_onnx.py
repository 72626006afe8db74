"""ONNX files as networks: the same outputs, the weights kept, and what cannot be is refused by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from studio.compiler.build import build
from studio.graph.model import Network, Node, ProjectData
from studio.importing import sources
from studio.importing.onnx.file import OnnxError
from studio.importing.onnx.network import Imported, import_file
from studio.importing.onnx.scopes import Homes, nested

onnxruntime.set_default_logger_severity(4)
Arrays = dict[str, np.ndarray[Any, Any]]
Save = Callable[..., Path]


def module_of(imported: Imported) -> nn.Module:
    """The module, with the weights of the file and no others."""
    module = build(ProjectData("x", {"model": imported.network}), "model")
    state = {name: torch.from_numpy(np.array(array)) for name, array in imported.weights.items()}
    found = module.load_state_dict(state, strict=False)
    assert found.unexpected_keys == []
    assert [name for name in found.missing_keys if not name.endswith("num_batches_tracked")] == []
    return module.eval()


def ours(imported: Imported, *inputs: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    with torch.no_grad():
        given = module_of(imported)(*map(torch.from_numpy, inputs))
    return [value.numpy() for value in ([given] if isinstance(given, torch.Tensor) else given)]


def theirs(path: Path, *inputs: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    session = onnxruntime.InferenceSession(str(path))
    names = [value.name for value in session.get_inputs()]
    return list(session.run(None, dict(zip(names, inputs, strict=True))))


def types(network: Network) -> list[str]:
    return [node.type for node in network.nodes.values()]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a graph of one input x (and y, if its shape is given) and the output z."""

    def write(
        nodes: list[onnx.NodeProto],
        shape: list[int | str],
        constants: Arrays | None = None,
        *,
        opset: int = 17,
        dtype: int = TensorProto.FLOAT,
        second: list[int | str] | None = None,
    ) -> Path:
        inputs = [helper.make_tensor_value_info("x", dtype, shape)]
        inputs += [helper.make_tensor_value_info("y", TensorProto.FLOAT, second)] if second else []
        graph = helper.make_graph(
            nodes,
            "g",
            inputs,
            [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        onnx.save(model, tmp_path / "m.onnx")
        return tmp_path / "m.onnx"

    return write


def node(type_: str, *inputs: str, out: str = "z", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(type_, list(inputs), [out], **attributes)


def random(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


W = random(4, 3, 3, 3)
ONE: dict[str, tuple[list[onnx.NodeProto], Arrays, int]] = {
    "conv": ([node("Conv", "x", "w", pads=[1, 1, 1, 1], strides=[2, 2])], {"w": W}, 17),
    "conv, padding that is not even": ([node("Conv", "x", "w", pads=[0, 1, 2, 1])], {"w": W}, 17),
    "conv, same": ([node("Conv", "x", "w", auto_pad="SAME_LOWER", strides=[2, 2])], {"w": W}, 17),
    "conv transposed": (
        [node("ConvTranspose", "x", "w", strides=[2, 2], output_padding=[1, 1])],
        {"w": random(3, 5, 3, 3)},
        17,
    ),
    "max pool with uneven padding": ([node("MaxPool", "x", kernel_shape=[3, 3], pads=[0, 0, 1, 1])], {}, 17),
    "max pool, ceil": ([node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], {}, 17),
    "average pool": ([node("AveragePool", "x", kernel_shape=[2, 2], pads=[1, 1, 1, 1])], {}, 17),
    "global pool": ([node("GlobalAveragePool", "x")], {}, 17),
    "batch norm": (
        [node("BatchNormalization", "x", "s", "b", "m", "v", epsilon=1e-3)],
        {"s": random(3), "b": random(3), "m": random(3), "v": abs(random(3)) + 0.1},
        17,
    ),
    "instance norm": ([node("InstanceNormalization", "x", "s", "b")], {"s": random(3), "b": random(3)}, 17),
    "layer norm": ([node("LayerNormalization", "x", "s", axis=-1)], {"s": random(6)}, 17),
    "softmax of old": ([node("Softmax", "x")], {}, 11),
    "softmax": ([node("Softmax", "x", axis=1)], {}, 17),
    "clip": ([node("Clip", "x", "lo", "hi")], {"lo": np.float32(-0.5), "hi": np.float32(0.5)}, 17),
    "leaky relu": ([node("LeakyRelu", "x", alpha=0.2)], {}, 17),
    "hard sigmoid": ([node("HardSigmoid", "x")], {}, 17),
    "prelu": ([node("PRelu", "x", "w")], {"w": random(3, 1, 1)}, 17),
    "number minus tensor": ([node("Sub", "one", "x")], {"one": np.float32(1)}, 17),
    "constant of its own shape": ([node("Add", "x", "w")], {"w": random(3, 1, 1)}, 17),
    "sum of three": ([node("Sum", "x", "x", "x")], {}, 17),
    "largest": ([node("Max", "x", "w")], {"w": np.float32(0.1)}, 17),
    "mean": ([node("ReduceMean", "x", axes=[2, 3], keepdims=0)], {}, 17),
    "sum by an input": ([node("ReduceSum", "x", "a")], {"a": np.array([1])}, 17),
    "slice": (
        [node("Slice", "x", "s", "e", "a")],
        {"s": np.array([1, -2]), "e": np.array([3, 2**40]), "a": np.array([1, 3])},
        17,
    ),
    "flip": (
        [node("Slice", "x", "s", "e", "a", "t")],
        {"s": np.array([-1]), "e": np.array([-(2**40)]), "a": np.array([2]), "t": np.array([-1])},
        17,
    ),
    "transpose": ([node("Transpose", "x", perm=[0, 2, 3, 1])], {}, 17),
    "flatten from 2": ([node("Flatten", "x", axis=2)], {}, 17),
    "reshape": ([node("Reshape", "x", "s")], {"s": np.array([0, 9, -1])}, 17),
    "pad": ([node("Pad", "x", "p", mode="reflect")], {"p": np.array([0, 0, 1, 2, 0, 0, 1, 0])}, 17),
    "expand": (
        [node("ReduceMax", "x", out="m", axes=[1]), node("Expand", "m", "s")],
        {"s": np.array([1, 3, 1, 1])},
        17,
    ),
    "resize": (
        [node("Resize", "x", "", "s", mode="linear")],
        {"s": np.array([1, 1, 2, 2], np.float32)},
        17,
    ),
    "upsample of old": ([node("Upsample", "x", "s")], {"s": np.array([1, 1, 2, 2], np.float32)}, 9),
    "pixel shuffle": (
        [node("Conv", "x", "w", out="c"), node("DepthToSpace", "c", blocksize=2, mode="CRD")],
        {"w": W},
        17,
    ),
    "chosen channels": ([node("Gather", "x", "i", axis=1)], {"i": np.array([2, 0])}, 17),
    "local response": ([node("LRN", "x", size=3, alpha=0.1)], {}, 17),
    "einsum": ([node("Einsum", "x", "w", equation="nchw,cd->ndhw")], {"w": random(3, 2)}, 17),
    "gelu": ([node("Gelu", "x", approximate="tanh")], {}, 20),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_an_operator_gives_what_onnx_runtime_gives(name: str, save: Save) -> None:
    nodes, constants, opset = ONE[name]
    path = save(nodes, ["N", 3, 6, 6], constants, opset=opset)
    x = random(2, 3, 6, 6)

    (given,), (wanted,) = ours(import_file(path), x), theirs(path, x)

    assert given.shape == wanted.shape
    np.testing.assert_allclose(given, wanted, rtol=1e-5, atol=1e-5)


def test_a_product_and_the_bias_behind_it_are_one_linear_layer(save: Save) -> None:
    nodes = [node("MatMul", "x", "fc.weight", out="p"), node("Add", "fc.bias", "p")]
    path = save(nodes, ["N", 3, 6], {"fc.weight": random(6, 4), "fc.bias": random(4)})

    imported = import_file(path)

    assert types(imported.network) == ["input", "nn.Linear", "output"]
    assert set(imported.weights) == {"fc.weight", "fc.bias"}
    np.testing.assert_allclose(
        ours(imported, random(2, 3, 6))[0], theirs(path, random(2, 3, 6))[0], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("turned", [0, 1])
def test_gemm_is_a_linear_layer_however_its_weight_lies(turned: int, save: Save) -> None:
    weight = random(4, 6) if turned else random(6, 4)
    path = save(
        [node("Gemm", "x", "w", "b", transB=turned, alpha=0.5, beta=2.0)],
        ["N", 6],
        {"w": weight, "b": random(1, 4)},
    )

    imported = import_file(path)

    assert types(imported.network)[1] == "nn.Linear"
    np.testing.assert_allclose(
        ours(imported, random(3, 6))[0], theirs(path, random(3, 6))[0], rtol=1e-5, atol=1e-5
    )


def test_layers_that_share_a_matrix_are_one_module(save: Save) -> None:
    nodes = [node("MatMul", "x", "w", out="a"), node("Relu", "a", out="r"), node("MatMul", "r", "w")]
    path = save(nodes, ["N", 5], {"w": random(5, 5)})

    imported = import_file(path)

    assert len(imported.weights) == 1
    assert imported.network.nodes["fc2"].path == "fc1"
    np.testing.assert_allclose(
        ours(imported, random(3, 5))[0], theirs(path, random(3, 5))[0], rtol=1e-5, atol=1e-5
    )


def test_a_batch_that_the_file_fixes_to_one_may_be_any(save: Save) -> None:
    path = save([node("Reshape", "x", "s")], [1, 2, 3], {"s": np.array([1, 6])})

    imported = import_file(path)

    assert imported.network.nodes["x"].params["shape"] == ["N", 2, 3]
    assert ours(imported, random(4, 2, 3))[0].shape == (4, 6)


def test_sizes_that_follow_from_the_input_stay_open(save: Save) -> None:
    nodes = [
        node("Shape", "x", out="s"),
        node("Gather", "s", "zero", out="n"),
        node("Unsqueeze", "n", "first", out="u"),
        node("Concat", "u", "rest", out="to", axis=0),
        node("Reshape", "x", "to"),
    ]
    constants = {"zero": np.array(0), "first": np.array([0]), "rest": np.array([2, 12])}
    path = save(nodes, ["N", 4, 6], constants)

    imported = import_file(path)

    assert len(imported.network.nodes) == 3
    for batch in (1, 5):
        x = random(batch, 4, 6)
        np.testing.assert_array_equal(ours(imported, x)[0], theirs(path, x)[0])


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_recurrent_layers_have_their_gates_in_pytorchs_order(kind: str, direction: str, save: Save) -> None:
    gates, ways = {"LSTM": 4, "GRU": 3}[kind], 2 if direction == "bidirectional" else 1
    constants = {
        "w": random(ways, gates * 5, 6),
        "r": random(ways, gates * 5, 5),
        "b": random(ways, gates * 10),
    }
    more = {"linear_before_reset": 1} if kind == "GRU" else {}
    nodes = [
        node("Transpose", "x", out="t", perm=[1, 0, 2]),
        node(kind, "t", "w", "r", "b", hidden_size=5, direction=direction, **more),
    ]
    path = save(nodes, ["N", 7, 6], constants)
    x = random(2, 7, 6)

    np.testing.assert_allclose(ours(import_file(path), x)[0], theirs(path, x)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        (
            [node("Hardmax", "x"), node("Hardmax", "x", out="y")],
            r"Hardmax \(2×\): no layer here does the same",
        ),
        ([node("NonZero", "x", out="i"), node("Cast", "i", to=1)], r"NonZero: no layer here does the same"),
        ([node("Fused", "x", domain="com.maker")], r"Fused: it is not of ONNX but of com\.maker"),
        ([node("GRU", "x", "w", "w", hidden_size=5)], r"GRU: its input 2 is missing|GRU: it resets before"),
        ([node("DepthToSpace", "x", blocksize=2)], r"DepthToSpace: it spreads channels in another order"),
    ],
)
def test_what_no_layer_can_stand_for_is_refused_by_name(
    nodes: list[onnx.NodeProto], words: str, save: Save
) -> None:
    path = save(nodes, ["N", 4, 6, 6], {"w": random(1, 15, 4)})

    with pytest.raises(OnnxError, match=rf"m\.onnx cannot become a network: .*({words})"):
        import_file(path)


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.relu = nn.ReLU()
        self.scale = nn.Parameter(torch.rand(width, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.conv(x) * self.scale + x)


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.layers = nn.Sequential(Residual(4), Residual(4), Residual(4))
        self.wide = nn.Conv2d(4, 6, 1)
        self.last = Residual(6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.wide(self.layers(self.stem(x)))).mean((2, 3))


@pytest.mark.filterwarnings("ignore")
def test_a_file_of_nested_modules_becomes_blocks_by_their_names(tmp_path: Path) -> None:
    module, x = Nested().eval(), torch.rand(1, 3, 9, 9)
    torch.onnx.export(module, (x,), str(tmp_path / "nested.onnx"), dynamo=False)
    drawn = sources.draw(str(tmp_path / "nested.onnx"))
    model, *others = drawn.project.networks.values()
    blocks_ = {node.id: (node.block, node.repeat) for node in model.nodes.values() if node.block}
    assert blocks_.keys() == {"layers.0", "last"} and blocks_["layers.0"][1] == 3
    assert blocks_["layers.0"][0] in drawn.project.networks and len(others) <= 2
    built = build(drawn.project, "model").eval()
    assert built.state_dict().keys() == module.state_dict().keys()
    built.load_state_dict(drawn.weights)
    images = torch.rand(2, 3, 9, 9)
    with torch.no_grad():
        assert torch.allclose(built(images), module(images), atol=1e-6)


def test_a_module_that_a_wire_leaves_and_comes_back_to_stays_in_the_network_around() -> None:
    nodes = [
        Node("x", "input", {"shape": ["N", 4]}),
        Node("a.one", "nn.ReLU", args=({"n": "x"},)),
        Node("relu1", "nn.ReLU", args=({"n": "a.one"},)),
        Node("a.two", "nn.Sigmoid", args=({"n": "relu1"},)),
        Node("y", "output", args=({"n": "a.two"},)),
    ]
    flat = Network({node.id: node for node in nodes})
    homes = Homes({"a.one": "a", "a.two": "a", "relu1": ""}, {})
    networks, _ = nested(flat, {}, homes)
    assert networks.keys() == {"model"} and networks["model"].nodes.keys() == flat.nodes.keys()


def test_places_that_are_written_over_are_worked_out(save: Save) -> None:
    constants = {
        "data": np.zeros((3, 2), np.float32),
        "index": np.array([[0], [2]]),
        "rows": np.array([[1, 2], [3, 4]], np.float32),
    }
    nodes = [
        helper.make_node("ScatterND", ["data", "index", "rows"], ["mask"]),
        helper.make_node("Add", ["x", "mask"], ["z"]),
    ]
    x = np.random.default_rng(0).random((1, 3, 2), np.float32)
    path = save(nodes, [1, 3, 2], constants)
    assert np.allclose(ours(import_file(path), x)[0], theirs(path, x)[0])


def test_a_look_up_of_every_number_in_its_order_is_a_reshape(save: Save) -> None:
    constants = {"row": np.array([-1]), "all": np.arange(6).reshape(1, 6, 1)}
    nodes = [
        helper.make_node("Reshape", ["x", "row"], ["flat"]),
        helper.make_node("Gather", ["flat", "all"], ["z"]),
    ]
    found = import_file(save(nodes, [1, 6], constants))
    assert types(found.network) == ["input", "torch.reshape", "output"]
    assert ours(found, np.zeros((3, 6), np.float32))[0].shape == (3, 6, 1)


def test_what_is_no_onnx_file_says_so(tmp_path: Path) -> None:
    for content in (b"", b"not a model at all", b"\x08\x07"):
        (tmp_path / "m.onnx").write_bytes(content)
        with pytest.raises(OnnxError, match=r"m\.onnx could not be read: it is no ONNX file"):
            import_file(tmp_path / "m.onnx")
    with pytest.raises(OnnxError, match=r"none\.onnx could not be read: No such file"):
        import_file(tmp_path / "none.onnx")


def test_weights_outside_of_the_files_folder_are_not_read(tmp_path: Path, save: Save) -> None:
    path = save([node("MatMul", "x", "w")], ["N", 4], {"w": random(4, 4)})
    (tmp_path / "secret").write_bytes(bytes(64))
    (tmp_path / "in").mkdir()
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    (tmp_path / "in" / "m.onnx").write_bytes(model.SerializeToString())

    with pytest.raises(OnnxError, match=r"the values of w are not there"):
        import_file(tmp_path / "in" / "m.onnx")


# -- files that other people made --------------------------------------------------------------------


@pytest.fixture
def models(shared_data: Path) -> Path:
    folder = shared_data / "onnx_models"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return folder


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["light_squeezenet", "light_resnet50"])
def test_the_light_models_give_their_reference_outputs(name: str, models: Path) -> None:
    tensor = onnx.TensorProto()
    tensor.ParseFromString((models / "light" / f"{name}_output_0.pb").read_bytes())
    wanted = numpy_helper.to_array(tensor)

    given = ours(import_file(models / "light" / f"{name}.onnx"), np.ones((1, 3, 224, 224), np.float32))[0]

    assert given.shape == wanted.shape
    np.testing.assert_allclose(given, wanted, rtol=1e-5)


@pytest.mark.realdata
def test_the_zoos_mnist_reads_the_four_images(models: Path) -> None:
    from PIL import Image

    imported = import_file(models / "opt-mnist.onnx")
    digits = (0, 3, 5, 7)
    pixels = [np.asarray(Image.open(models / "images" / f"{n}.jpg").convert("L"), np.float32) for n in digits]
    batch = np.stack(pixels)[:, None]

    given = ours(imported, batch)[0]

    assert given.argmax(1).tolist() == list(digits)
    for row, image in zip(given, batch, strict=True):
        reference = theirs(models / "opt-mnist.onnx", image[None])[0][0]
        np.testing.assert_allclose(row, reference, rtol=1e-4, atol=1e-2)


@pytest.mark.realdata
def test_a_file_of_one_operator_is_a_network_of_three_nodes(models: Path) -> None:
    imported = import_file(models / "single_relu.onnx")

    assert types(imported.network) == ["input", "nn.ReLU", "output"]
    np.testing.assert_array_equal(ours(imported, np.array([[-1, 2]], np.float32))[0], [[0, 2]])


@pytest.mark.realdata
@pytest.mark.slow
def test_the_zoos_mnist_scores_on_the_test_images_as_its_authors_say(models: Path) -> None:
    from studio.data.prepare import prepare

    data = models.parent / "mnist"
    if not data.is_dir():
        pytest.skip(f"no {data}")
    prepared = prepare({"source": "mnist", "root": str(data), "preprocessing": []})
    module = module_of(import_file(models / "opt-mnist.onnx"))

    with torch.no_grad():
        right = sum(
            int((module(prepared.test.inputs(part) * 255).argmax(1) == prepared.test.y[part]).sum())
            for part in (slice(i, i + 1000) for i in range(0, len(prepared.test), 1000))
        )

    assert right == 9891
