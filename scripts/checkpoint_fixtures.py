#!/usr/bin/env python3
"""Writes the checkpoints that tests read, one of every format, as the libraries themselves write them.

Run with PyTorch, NumPy, safetensors and ONNX. Writes into Tests/CheckpointsTests/Fixtures; beside each file, or for several
that hold the same, `NAME.safetensors` says what is in it, written by the safetensors package.
"""
import argparse
import collections
import json
import pickle
import zipfile
from pathlib import Path

import numpy
import onnx
import torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parent.parent / "Tests" / "CheckpointsTests" / "Fixtures"


class Net(torch.nn.Module):
    """A network with torchvision's names, small enough for a repository."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 4, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.fc = torch.nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.bn1(self.conv1(x)).relu().mean((2, 3)))


def expect(name: str, tensors: dict[str, torch.Tensor]) -> None:
    save_file({key: value.detach().contiguous().clone() for key, value in tensors.items()}, FOLDER / f"{name}.safetensors")


def training(net: Net) -> dict:
    """What a training script leaves: everything of which only one entry is wanted."""
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 3, 5, 5)).sum().backward()
    optimizer.step()
    return {
        "epoch": 90,
        "arch": "resnet50",
        "state_dict": net.state_dict(),
        "best_acc1": torch.tensor(76.1),
        "best": numpy.float64(76.13),
        "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(lr=0.1, data=Path("imagenet"), sizes=[1, 2**70, -3]),
        "history": collections.defaultdict(list, loss=[1.5, 0.25]),
    }


def pytorch() -> None:
    net = Net()
    checkpoint = training(net)
    state = net.state_dict()
    expect("net", state)
    torch.save(checkpoint, FOLDER / "zip.pth")
    torch.save(checkpoint, FOLDER / "legacy.pth.tar", _use_new_zipfile_serialization=False)
    torch.save(state, FOLDER / "protocol4.pt", pickle_protocol=4)
    torch.save(net.state_dict(keep_vars=True), FOLDER / "parameters.bin")
    torch.save(list(state.items()), FOLDER / "pairs.pth")
    torch.save(net, FOLDER / "whole.pth")
    torch.jit.script(net.eval()).save(FOLDER / "script.pt")

    average = {key: value + 1 if value.is_floating_point() else value for key, value in state.items()}
    expect("average", average)
    torch.save({"model": state, "model_ema": average}, FOLDER / "average.ckpt")

    with zipfile.ZipFile(FOLDER / "zip.pth") as stored, zipfile.ZipFile(
        FOLDER / "deflated.pth", "w", zipfile.ZIP_DEFLATED
    ) as packed:
        for name in stored.namelist():
            packed.writestr(name, stored.read(name))


def views() -> None:
    base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5)
    tensors = {
        "whole": base,
        "turned": base.permute(2, 0, 1),
        "part": base[1:, ::2, 3],
        "same": base[0, 0, 0].expand(2, 3),
        "last": base.flatten()[59:],
        "row": base[2, 1],
        "channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    }
    expect("views", tensors)
    torch.save(tensors, FOLDER / "views.pth")
    torch.save(tensors, FOLDER / "views_legacy.pth", _use_new_zipfile_serialization=False)


def types() -> None:
    numbers = torch.tensor([[0.0, -1.5, 3.25], [1e-7, 65504.0, float("inf")]])
    tensors = {
        "half": numbers.half(),
        "bfloat": numbers.bfloat16(),
        "float": numbers,
        "double": numbers.double(),
        "long": torch.tensor([-1, 2**40]),
        "int": torch.tensor([-1, 7], dtype=torch.int32),
        "short": torch.tensor([-1, 7], dtype=torch.int16),
        "char": torch.tensor([-1, 7], dtype=torch.int8),
        "byte": torch.tensor([255, 7], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(3.5),
        "empty": torch.empty(0, 3),
    }
    expect("types", tensors)
    torch.save(tensors, FOLDER / "types.pth")
    torch.save(tensors, FOLDER / "types_legacy.pth", _use_new_zipfile_serialization=False)


def arrays() -> None:
    net = {key: value.numpy() for key, value in Net().state_dict().items()}
    net["conv1.weight"] = numpy.asfortranarray(net["conv1.weight"])
    net["fc.weight"] = net["fc.weight"].astype(numpy.float16)
    expect("arrays", {key: torch.from_numpy(numpy.array(value, order="C")) for key, value in net.items()})
    numpy.savez(FOLDER / "arrays.npz", **net)
    numpy.savez_compressed(FOLDER / "arrays_compressed.npz", **net)
    for version in (2, 4):
        (FOLDER / f"arrays{version}.pkl").write_bytes(pickle.dumps({"model": net}, protocol=version))
    numpy.savez(FOLDER / "objects.npz", weights=numpy.array([{"a": 1}, None], dtype=object))
    numpy.savez(FOLDER / "swapped.npz", weights=numpy.arange(3, dtype=">f4"))


def onnx_file() -> None:
    weight = torch.randn(4, 3, 3, 3)
    half = torch.tensor([1.5, -2.0, 6e-8], dtype=torch.float16)
    brain = torch.tensor([1.5, -2.0, 3e38]).bfloat16()
    tensors = {
        "conv.weight": weight,
        "loose": torch.tensor([[1.0, 2.0], [3.0, -0.5]]),
        "half": half,
        "raw_half": half,
        "brain": brain,
        "double": torch.tensor([1.0, 1e300], dtype=torch.float64),
        "count": torch.tensor([-7, 2**40]),
        "scalar": torch.tensor(3.5),
    }
    expect("onnx", tensors)
    initializers = [
        numpy_helper.from_array(weight.numpy(), "conv.weight"),
        helper.make_tensor("loose", TensorProto.FLOAT, [2, 2], [1.0, 2.0, 3.0, -0.5]),
        helper.make_tensor("half", TensorProto.FLOAT16, [3], half.numpy()),
        numpy_helper.from_array(half.numpy(), "raw_half"),
        helper.make_tensor("brain", TensorProto.BFLOAT16, [3], brain.view(torch.int16).numpy().tobytes(), raw=True),
        helper.make_tensor("double", TensorProto.DOUBLE, [2], [1.0, 1e300]),
        helper.make_tensor("count", TensorProto.INT64, [2], [-7, 2**40]),
        helper.make_tensor("scalar", TensorProto.FLOAT, [], [3.5]),
    ]
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 5, 5])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 3, 3])
    node = helper.make_node("Conv", ["x", "conv.weight"], ["y"])
    graph = helper.make_graph([node], "net", [image], [out], initializers)
    model = helper.make_model(graph)
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / "net.onnx")
    onnx.save(
        model, FOLDER / "external.onnx", save_as_external_data=True, location="external.bin", size_threshold=64
    )
    (FOLDER / "external.bin").unlink()


def shards() -> None:
    state = Net().state_dict()
    expect("shards", state)
    names = sorted(state)
    files = {"part-1-of-2.safetensors": names[:3], "part-2-of-2.safetensors": names[3:]}
    for file, part in files.items():
        save_file({name: state[name] for name in part}, FOLDER / file)
    index = {
        "metadata": {"total_size": 1, "note": ["a, {b}", {"c": -1.5e3}], "flag": True},
        "weight_map": {name: file for file, part in files.items() for name in part},
    }
    (FOLDER / "shards.safetensors.index.json").write_text(json.dumps(index, indent=2))


def caffe_classes() -> dict[str, type]:
    """The few messages of caffe.proto that hold weights."""
    text = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")

    def message(name: str, *fields: tuple) -> None:
        described = file.message_type.add(name=name)
        for field, number, kind, repeated, packed in fields:
            entry = described.field.add(name=field, number=number)
            entry.label = text.LABEL_REPEATED if repeated else text.LABEL_OPTIONAL
            if isinstance(kind, str):
                entry.type, entry.type_name = text.TYPE_MESSAGE, f".caffe.{kind}"
            else:
                entry.type = kind
            if packed:
                entry.options.packed = True

    message("BlobShape", ("dim", 1, text.TYPE_INT64, True, True))
    message(
        "BlobProto",
        *((name, number + 1, text.TYPE_INT32, False, False) for number, name in enumerate(("num", "channels", "height", "width"))),
        ("data", 5, text.TYPE_FLOAT, True, True),
        ("shape", 7, "BlobShape", False, False),
    )
    message(
        "LayerParameter", ("name", 1, text.TYPE_STRING, False, False), ("type", 2, text.TYPE_STRING, False, False),
        ("blobs", 7, "BlobProto", True, False),
    )
    message(
        "V1LayerParameter", ("name", 4, text.TYPE_STRING, False, False), ("type", 5, text.TYPE_INT32, False, False),
        ("blobs", 6, "BlobProto", True, False),
    )
    message(
        "NetParameter", ("name", 1, text.TYPE_STRING, False, False), ("layers", 2, "V1LayerParameter", True, False),
        ("layer", 100, "LayerParameter", True, False),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe.{name}"))
        for name in ("NetParameter",)
    }


def write_caffe(path: Path, layers: list[tuple[str, str, list[torch.Tensor]]], old: bool = False) -> None:
    net = caffe_classes()["NetParameter"](name="ResNet-50")
    for name, kind, blobs in layers:
        layer = net.layers.add(name=name) if old else net.layer.add(name=name, type=kind)
        for blob in blobs:
            proto = layer.blobs.add(data=blob.flatten().tolist())
            if old:
                sizes = [1] * (4 - blob.dim()) + list(blob.shape)
                proto.num, proto.channels, proto.height, proto.width = sizes
            else:
                proto.shape.dim.extend(blob.shape)
    path.write_bytes(net.SerializeToString())


def caffe() -> None:
    weight, bias = torch.randn(4, 3, 3, 3), torch.randn(4)
    mean, variance, factor = torch.randn(4), torch.rand(4), torch.tensor([999.98])
    layers = [
        ("data", "Input", []),
        ("conv1", "Convolution", [weight, bias]),
        ("bn_conv1", "BatchNorm", [mean, variance, factor]),
        ("fc1000", "InnerProduct", [torch.randn(5, 4), torch.randn(5)]),
    ]
    expect("caffe", {f"{name}.{i}": blob for name, _, blobs in layers for i, blob in enumerate(blobs)})
    write_caffe(FOLDER / "net.caffemodel", layers)
    write_caffe(FOLDER / "old.caffemodel", [layer for layer in layers if layer[0] != "bn_conv1"], old=True)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    for part in (pytorch, views, types, arrays, onnx_file, shards, caffe):
        part()


if __name__ == "__main__":
    main()
