"""Keras with `fit`, on the backend that is named.

python -m tests.benchmarks.speed.keras_side FOLDER tensorflow|jax|torch
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

BACKEND = sys.argv[2]
os.environ |= {"KERAS_BACKEND": BACKEND, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}

import keras  # noqa: E402 - the backend is named first
from keras import layers  # noqa: E402

from . import rows  # noqa: E402
from .turns import Turns  # noqa: E402


def make(name: str, data: rows.Data, seed: int) -> Any:
    """The network with Keras's own layers, images with channels last as Keras has them."""
    keras.utils.set_random_seed(seed)
    shape = data.x.shape[1:]
    match name:
        case "mlp":
            inner = [layers.Flatten(), layers.Dense(128, activation="relu")]
        case "conv":
            inner = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()]
            inner += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D()]
            inner += [layers.Flatten(), layers.Dense(128, activation="relu")]
        case "lenet":
            inner = [layers.Conv2D(6, 5, activation="relu"), layers.MaxPooling2D()]
            inner += [layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
            inner += [layers.Dense(120, activation="relu"), layers.Dense(84, activation="relu")]
        case "lstm":
            inner = [layers.Embedding(rows.WORDS, 32), layers.LSTM(64)]
        case _:
            return _resnet(shape, data.classes)
    return keras.Sequential([layers.Input(shape), *inner, layers.Dense(data.classes)])


def _resnet(shape: tuple[int, ...], classes: int) -> Any:
    """torchvision's resnet18."""
    given = layers.Input(shape)

    def conv(x: Any, width: int, kernel: int, stride: int, relu: bool = True) -> Any:
        if kernel > 1:
            x = layers.ZeroPadding2D(kernel // 2)(x)
        x = layers.Conv2D(width, kernel, stride, use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        return layers.ReLU()(x) if relu else x

    x = layers.ZeroPadding2D(1)(conv(given, 64, 7, 2))
    x = layers.MaxPooling2D(3, 2)(x)
    for stage, width in enumerate((64, 128, 256, 512)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            short = conv(x, width, 1, 2, relu=False) if stride == 2 else x
            x = conv(conv(x, width, 3, stride), width, 3, 1, relu=False)
            x = layers.ReLU()(layers.Add()([x, short]))
    return keras.Model(given, layers.Dense(classes)(layers.GlobalAveragePooling2D()(x)))


def run(name: str, seed: int, folder: Path, turns: Turns) -> None:
    data = rows.load(name, folder)
    x, test_x = (part if name == "lstm" else rows.scaled(part) for part in (data.x, data.test_x))
    model = make(name, data, seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    while turns.begin():
        model.fit(x, data.y, batch_size=rows.BATCH, epochs=1, verbose=0)
        turns.end(len(x))
    right = model.predict(test_x, batch_size=250, verbose=0).argmax(1) == data.test_y
    turns.over(float(right.mean()), f"jit_compile {model.jit_compile}")
    keras.backend.clear_session()


def main() -> None:
    folder = Path(sys.argv[1])
    turns = Turns()
    turns.serve(lambda name, seed: run(name, seed, folder, turns))


if __name__ == "__main__":
    main()
