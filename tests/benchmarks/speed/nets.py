"""The five networks as a person writes them in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """Embedding, LSTM, and a Linear on its last step. Words come as whole numbers of any dtype."""

    def __init__(self, words: int, classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, 32)
        self.lstm = nn.LSTM(32, 64, batch_first=True)
        self.fc = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.lstm(self.embedding(x.long()))
        return self.fc(steps[:, -1])  # type: ignore[no-any-return]


def make(name: str, classes: int, seed: int = 0) -> nn.Module:
    """With fresh weights of `seed`."""
    from .rows import WORDS

    torch.manual_seed(seed)
    match name:
        case "mlp":
            return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, classes))
        case "conv":
            return nn.Sequential(
                *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, classes)),
            )
        case "lenet":
            return nn.Sequential(
                *(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU()),
                *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes)),
            )
        case "lstm":
            return Classifier(WORDS, classes)
        case _:
            from torchvision.models import resnet18

            return resnet18(num_classes=classes)  # type: ignore[no-any-return]
