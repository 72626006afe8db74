"""CIFAR-100: 60,000 small colour photographs of a hundred things (Krizhevsky 2009)."""

from __future__ import annotations

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("CIFAR-100")

_CLASSES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


def _load(place: Place) -> Raw:
    from torchvision.datasets import CIFAR100

    from studio.data.sources import cifar

    return cifar.load(CIFAR100, place, TITLE)


INFO = SourceInfo(
    name="cifar100",
    title=TITLE,
    description=Message(
        "60\u2009000 colour photographs of 32×32 pixels in 100 classes, from a folder you name."
    ),
    task="classification",
    shape=(3, 32, 32),
    samples=50_000,
    outputs=100,
    load=_load,
    class_names=tuple(_CLASSES.split()),
    scale=1 / 255,
    needs_root=True,
    test_samples=10_000,
    files="cifar-100-python/ | cifar-100-python.tar.gz",
)
