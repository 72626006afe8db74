"""The functions of a written training script, as text. Constants at its head hold all that differs.

Each does what the room `data` or `training` does, in the same order of the same operations: so the script
repeats a run to the last bit. Who changes one of them there changes it here; a test compares the two.
"""

from __future__ import annotations

from studio.export import script_aims, script_points

_TABLE = '''
def load() -> tuple[Tensor, Tensor]:
    """Rows (N, {columns}) and their {targets}."""
    data = load_{name}({options})
    x, y = torch.from_numpy(data.data), torch.from_numpy(data.target)
    return x.float(), y.{kind}
'''
_IDX = '''
def load(train: bool) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) as they are stored, 0 to 255, and their classes (N,)."""
    data = {name}(ROOT, train=train, download={download})
    return data.data.unsqueeze(1), data.targets
'''
_CIFAR = '''
def load(train: bool) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 32, 32) as they are stored, 0 to 255, and their classes (N,)."""
    data = {name}(ROOT, train=train, download={download})
    images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()
    return images, torch.tensor(data.targets)
'''
_DIGITS = '''
def load() -> tuple[Tensor, Tensor]:
    """Images (N, 1, 8, 8) as they are stored, 0 to 16, and their classes (N,)."""
    data = load_digits()
    images = torch.from_numpy(data.images).float().unsqueeze(1)
    return images, torch.from_numpy(data.target)
'''

_CLASSES, _NUMBERS = "classes (N,)", "numbers to predict (N, 1)"
LOADERS: dict[str, tuple[str, str]] = {
    "digits": ("from sklearn.datasets import load_digits", _DIGITS),
    **{
        name: (
            f"from sklearn.datasets import load_{name}",
            _TABLE.format(name=name, columns=columns, targets=_CLASSES, options="", kind="long()"),
        )
        for name, columns in (("iris", 4), ("wine", 13), ("breast_cancer", 30))
    },
    "diabetes": (
        "from sklearn.datasets import load_diabetes",
        _TABLE.format(
            name="diabetes",
            columns=10,
            targets=_NUMBERS,
            options="scaled=False",
            kind="float().unsqueeze(1)",
        ),
    ),
    "mnist": ("from torchvision.datasets import MNIST", _IDX.replace("{name}", "MNIST")),
    "fashion_mnist": (
        "from torchvision.datasets import FashionMNIST",
        _IDX.replace("{name}", "FashionMNIST"),
    ),
    "kmnist": ("from torchvision.datasets import KMNIST", _IDX.replace("{name}", "KMNIST")),
    **script_points.LOADERS,
    "shapes": ("", script_aims.SHAPES),
    "cifar10": ("from torchvision.datasets import CIFAR10", _CIFAR.replace("{name}", "CIFAR10")),
    "cifar100": ("from torchvision.datasets import CIFAR100", _CIFAR.replace("{name}", "CIFAR100")),
}
"""how each source of data is read: the import, and `load`. Those with a test set of their own take `train`"""

ONCE = '''
def once(x: Tensor, drawn: Sequence[Tensor]) -> list[Tensor]:
    """The parts without samples whose inputs an earlier one has."""
    seen, first = set(), torch.zeros(len(x), dtype=torch.bool)
    for place, row in enumerate(x.numpy()):
        first[place] = row.tobytes() not in seen
        seen.add(row.tobytes())
    return [part[first[part]] for part in drawn]
'''
ONCE_TEXTS = '''
def once(texts: Sequence[str], drawn: Sequence[Tensor]) -> list[Tensor]:
    """The parts without texts that came before."""
    seen, first = set(), torch.zeros(len(texts), dtype=torch.bool)
    for place, said in enumerate(texts):
        first[place] = said not in seen
        seen.add(said)
    return [part[first[part]] for part in drawn]
'''

MOMENTS = '''
def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, or column, of (N, {form})."""
    channels, count = x.shape[{axis}], x.numel() // x.shape[{axis}]
    total, squares = torch.zeros(2, channels, dtype=torch.float64)
    for part in x.split({rows}):
        total += columns(part).sum(0)
    mean = total / count
    for part in x.split({rows}):
        squares += (columns(part) - mean).square_().sum(0)
    std = (squares / count).sqrt()
    std[std <= 1e-12 * mean.abs()] = 1.0
    shape = {shape}
    return mean.float().view(shape), std.float().view(shape)


def columns(x: Tensor) -> Tensor:
    """(N, {form}) to (N * ..., C)."""
    return x.double(){scaled}.movedim({axis}, -1).reshape(-1, x.shape[{axis}])
'''

STEPS = '''
def steps(samples: int, size: int) -> int:
    """How many batches there are. A single sample that is left over joins the last."""
    count, rest = divmod(samples, size)
    return count + (rest > 1 or (rest == 1 and (count == 0 or size == 1)))
'''

DRAW = '''
def draw(y: Tensor, generator: torch.Generator) -> Tensor:
    """As many as there are, some of them several times, every class as often."""
    labels = y.cpu()
    chances = (1.0 / torch.bincount(labels).double())[labels]
    return torch.multinomial(chances, len(y), replacement=True, generator=generator)
'''

BATCHES = '''
def batches(
    x: Tensor, y: Tensor, size: int, generator: torch.Generator | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """The samples in the order that `generator` draws, or as they lie."""
    order = None if generator is None else {order}
    count = steps(len(y), size)
    for step in range(count):
        index = slice(step * size, len(y) if step == count - 1 else (step + 1) * size)
        chosen = index if order is None else order[index].to(x.device)
        yield {inputs}, y[chosen]
'''

MIX = '''
def mix(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Samples blended with the one before; the shares of the classes (N, CLASSES)."""
    other = x.roll(1, 0)
{body}
    labels = F.one_hot(y, CLASSES).to(x.dtype)
    return x, labels * share + labels.roll(1, 0) * (1 - share)
'''
MIX_UP = """
    share = float(torch.distributions.Beta({alpha}, {alpha}).sample())
    x = x * share + other * (1 - share)
"""
MIX_CUT = """
    share = float(torch.distributions.Beta({alpha}, {alpha}).sample())
    x, share = paste(x, other, share)
"""
MIX_EITHER = """
    cuts = bool(torch.rand(()) < 0.5)
    alpha = {cutmix} if cuts else {mixup}
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    if cuts:
        x, share = paste(x, other, share)
    else:
        x = x * share + other * (1 - share)
"""
PASTE = '''
def paste(x: Tensor, other: Tensor, share: float) -> tuple[Tensor, float]:
    """A box of `other` in `x`, and the share that is left of `x`."""
    height, width = x.shape[-2:]
    down, across = (int(torch.randint(size, ())) for size in (height, width))
    half = 0.5 * math.sqrt(1.0 - share)
    rows, columns = int(half * height), int(half * width)
    top, bottom = max(0, down - rows), min(height, down + rows)
    left, right = max(0, across - columns), min(width, across + columns)
    x = x.clone()
    x[..., top:bottom, left:right] = other[..., top:bottom, left:right]
    return x, 1.0 - (bottom - top) * (right - left) / (height * width)
'''

RATE = '''
def rate(name: str) -> float:
    """What multiplies the learning rate of a part: that of the innermost in RATES."""
    inside = [part for part in RATES if f"{name}.".startswith(part)]
    return RATES[max(inside, key=len)] if inside else 1.0
'''

GROUPS_BY_SHAPE = '''
def groups(model: nn.Module) -> list[dict[str, object]]:
    """Matrices, whose weights decay, and the biases and scales of norms, which do not."""
    matrices = [p for p in model.parameters() if p.ndim > 1{learns}]
    others = [p for p in model.parameters() if p.ndim <= 1{learns}]
    return [{{"params": matrices}}, {{"params": others, "weight_decay": 0.0}}]
'''
GROUPS_BY_RATE = '''
def groups(model: nn.Module) -> list[dict[str, object]]:
    """Parameters that learn alike."""
    found = []
    for factor in {factors}:
        alike = [p for name, p in model.named_parameters() if rate(name) == factor]
{body}
    return found
'''
ALIKE = """
        found.append({"params": alike, "lr": LEARNING_RATE * factor})
"""
ALIKE_BY_SHAPE = """
        matrices = {"params": [p for p in alike if p.ndim > 1]}
        others = {"params": [p for p in alike if p.ndim <= 1], "weight_decay": 0.0}
        matrices["lr"] = others["lr"] = LEARNING_RATE * factor
        found += [matrices, others]
"""

UNITS = '''
def units(y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each column to predict."""
    y = y.double()
    std = y.std(0, correction=0)
    std[std < 1e-12] = 1.0
    return y.mean(0).float(), std.float()
'''

EVALUATE_CLASSES = '''
@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, float]:
    """Loss and accuracy."""
    model.eval()
    total, right = torch.zeros((), device=y.device), 0
    for inputs, targets in batches(x, y, max(BATCH_SIZE, 256)):
        scores = model(inputs)
        total += {loss}(scores, targets) * len(targets)
        right += int((scores.argmax(1) == targets).sum())
    return {{"loss": float(total) / len(y), "accuracy": right / len(y)}}
'''

EVALUATE_NUMBERS = '''
@torch.no_grad()
def evaluate(
    model: nn.Module, x: Tensor, y: Tensor, mean: Tensor, std: Tensor
) -> dict[str, float]:
    """Loss, mean absolute error in the units of the data, and R²."""
    model.eval()
    total = torch.zeros((), device=y.device)
    sums = torch.zeros(4, y.shape[1], device=y.device)
    for inputs, targets in batches(x, y, max(BATCH_SIZE, 256)):
        prediction, standard = model(inputs), (targets - mean) / std
{judged}
        total += {loss}(prediction, {against}) * len(targets)
        sums += torch.stack(
            [
                error.abs().sum(0),
                error.square().sum(0),
                standard.sum(0),
                standard.square().sum(0),
            ]
        )
    absolute, squared, first, second = sums.double().cpu()
    spread = second - first.square() / len(y)
    return {{
        "loss": float(total) / len(y),
        "mae": float((absolute * std.double().cpu()).mean()) / len(y),
        "r2": float((1 - squared / spread).mean()),
    }}
'''
