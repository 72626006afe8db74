"""Where data comes from: one file a source. Light: scikit-learn and torchvision come in when one is read."""

from __future__ import annotations

from studio.data.source import SourceInfo
from studio.data.sources import (
    breast_cancer,
    cifar10,
    cifar100,
    diabetes,
    digits,
    fashion_mnist,
    iris,
    mnist,
    wine,
)

SOURCES: dict[str, SourceInfo] = {
    module.INFO.name: module.INFO
    for module in (digits, iris, wine, breast_cancer, diabetes, mnist, fashion_mnist, cifar10, cifar100)
}
"""every source by its name in the project file, in the order a person sees them"""
