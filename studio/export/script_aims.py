"""What a training script does otherwise where the target is the input, or every pixel has a class, as text.

Like those of `script_parts`, each function does what its objective does, in the same order.
"""

from __future__ import annotations

DIVERGENCE = '''
def lost(prediction: Sequence[Tensor], x: Tensor) -> Tensor:
    """What the reconstruction misses, and how far the codes are from normal."""
    reconstruction, mu, logvar = prediction
    values = x.numel() // len(x)
    distance = {loss}(reconstruction, x)
    return distance + divergence(mu, logvar).mean() * (BETA / values)


def divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """How far the codes (N, codes) of each sample are from normal, in nats."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)
'''

EVALUATE_AGAIN = '''
@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, float]:
    """{told}"""
    model.eval()
    total, sums = torch.zeros((), device=x.device), 0.0
    for inputs, _ in batches(x, y, max(BATCH_SIZE, 256)):
{given}
        total += {lost}(prediction, inputs) * len(inputs)
        error, true = ({again} - inputs).flatten(1), inputs.flatten(1)
        found = [
            error.abs().sum(0),
            error.square().sum(0),
            true.sum(0),
            true.square().sum(0),
        ]
{more}        sums = sums + torch.stack(found)
    absolute, squared, first, second{rest} = sums.double().cpu()
    spread = float((second - first.square() / len(x)).sum())
    r2 = 1 - float(squared.sum()) / spread if spread > 1e-12 else math.nan
    mae = float(absolute.mean()) / len(x)
{result}
'''
GIVEN = {
    "autoencoder": """
        prediction = model(inputs)
""",
    "denoising": """
        noise = torch.randn(inputs.shape, generator=torch.Generator().manual_seed(0))
        prediction = model(inputs + noise.to(inputs) * NOISE)
""",
    "variational": """
        with torch.random.fork_rng():  # the same codes each time
            torch.manual_seed(0)
            prediction = model(inputs)
""",
}
KL = """
        far = divergence(*prediction[1:]).sum()
        found.append(far.expand(error.shape[1]))
"""

EVALUATE_PIXELS = '''
@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, float]:
    """Loss, overlap of the classes, and the share of pixels that are right."""
    model.eval()
    total, table = torch.zeros((), device=y.device), 0
    for inputs, targets in batches(x, y, max(BATCH_SIZE, 256)):
        scores = model(inputs)
        total += {loss}(scores, targets) * len(targets)
        table = table + pairs(scores, targets)
    return {{"loss": float(total) / len(y), **overlap(table)}}


def pairs(scores: Tensor, y: Tensor) -> Tensor:
    """How many pixels of each class were taken for each, (CLASSES * CLASSES,)."""
    found = y.flatten() * CLASSES + scores.argmax(1).flatten()
    return found.bincount(minlength=CLASSES**2)


def overlap(table: Tensor) -> dict[str, float]:
    """Intersection over union, the mean over classes that occur; right pixels."""
    confusion = table.double().cpu().view(CLASSES, CLASSES)
    right = confusion.diag()
    union = confusion.sum(0) + confusion.sum(1) - right
    there = union > 0
    return {{
        "iou": float((right[there] / union[there]).mean()),
        "pixel_accuracy": float(right.sum() / confusion.sum()),
    }}
'''
DICE = '''
def dice_loss(scores: Tensor, y: Tensor) -> Tensor:
    """1 - the mean overlap of classes, of probabilities and targets of a batch."""
    likely = scores.softmax(1)
    true = F.one_hot(y, scores.shape[1]).movedim(-1, 1).to(likely.dtype)
    both = (likely * true).sum((0, 2, 3))
    all_ = (likely + true).sum((0, 2, 3))
    return 1 - ((2 * both + 1.0) / (all_ + 1.0)).mean()
'''

SHAPES = '''
def load() -> tuple[Tensor, Tensor]:
    """Made images (N, 1, 24, 24) of shapes, and the class of each pixel (N, 24, 24)."""
    count, size = 600, 24
    generator = torch.Generator().manual_seed(0)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, 1, generator=generator)

    images = uniform(0.0, 0.25).expand(-1, size, size).clone()
    masks = torch.zeros(count, size, size, dtype=torch.int64)
    places = torch.arange(size)
    down, across = torch.meshgrid(places, places, indexing="ij")
    for number in torch.randperm(3, generator=generator).tolist():
        radius = uniform(4, 7)
        y, x = down - uniform(6, size - 6), across - uniform(6, size - 6)
        inside = (
            y.square() + x.square() <= radius.square(),
            torch.maximum(y.abs(), x.abs()) <= 0.85 * radius,
            (y <= 0.8 * radius) & (y + radius >= 2 * x.abs()),
        )[number]
        drawn = torch.rand(count, 1, 1, generator=generator) < 2 / 3
        there = inside & drawn
        images = torch.where(there, uniform(0.5, 1.0), images)
        masks[there] = number + 1
    images += 0.1 * torch.randn(images.shape, generator=generator)
    return images.unsqueeze(1), masks
'''


def again(objective: str, loss: str) -> str:
    """The functions that judge a network which gives its input again."""
    codes = objective == "variational"
    result = '    return {"loss": float(total) / len(x), "r2": r2, "mae": mae}'
    if codes:
        result = (
            "    loss, kl = float(total) / len(x), float(far[0]) / len(x)\n"
            '    return {"loss": loss, "r2": r2, "mae": mae, "kl": kl}'
        )
    judged = EVALUATE_AGAIN.format(
        told="Loss, R², mean absolute error" + (" and divergence in nats." if codes else "."),
        given=GIVEN[objective].strip("\n"),
        lost="lost" if codes else loss,
        again="prediction[0]" if codes else "prediction",
        more=KL.lstrip("\n") if codes else "",
        rest=", far" if codes else "",
        result=result,
    ).strip("\n")
    return "\n\n\n".join([DIVERGENCE.format(loss=loss).strip("\n"), judged] if codes else [judged])


def pixels(loss: str) -> str:
    """The functions that judge a class for every pixel."""
    own = [DICE.strip("\n")] if loss == "dice_loss" else []
    return "\n\n\n".join([*own, EVALUATE_PIXELS.format(loss=loss).strip("\n")])
