"""How a written script makes the points that `data.sources.points` makes, as text."""

from __future__ import annotations

_HEAD = '''
def load() -> tuple[Tensor, Tensor]:
    """{about}"""
    generator = torch.Generator().manual_seed(0)
'''
_MOONS = """
    y = torch.arange(400) % 2
    angle = torch.rand(400, generator=generator) * torch.pi
    upper = torch.stack([angle.cos(), angle.sin()], 1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], 1)
    x = torch.where(y.bool().unsqueeze(1), lower, upper)
    return x + 0.12 * torch.randn(400, 2, generator=generator), y
"""
_CIRCLES = """
    y = torch.arange(400) % 2
    angle = torch.rand(400, generator=generator) * 2 * torch.pi
    noise = 0.08 * torch.randn(400, generator=generator)
    radius = torch.where(y.bool(), 0.5, 1.0) + noise
    return torch.stack([angle.cos(), angle.sin()], 1) * radius.unsqueeze(1), y
"""
_SPIRALS = """
    y = torch.arange(600) % 3
    out = torch.rand(600, generator=generator)
    noise = 0.15 * torch.randn(600, generator=generator)
    angle = y * 2 * torch.pi / 3 + out * 4.5 + noise
    return torch.stack([angle.cos(), angle.sin()], 1) * out.unsqueeze(1), y
"""
_XOR = """
    x = torch.rand(400, 2, generator=generator) * 2 - 1
    y = (x[:, 0] * x[:, 1] < 0).long()
    return x + 0.06 * x.sign(), y
"""
_LINE = """
    x = torch.rand(200, 1, generator=generator) * 10
    return x, 3.0 * x - 4.0 + 2.0 * torch.randn(200, 1, generator=generator)
"""
_ARM = """
    angles = (torch.rand(1000, 2, generator=generator) - 0.5) * torch.pi
    shoulder, both = angles[:, 0], angles.sum(1)
    hand = [
        30 * shoulder.cos() + 25 * both.cos(),
        30 * shoulder.sin() + 25 * both.sin(),
    ]
    return angles, torch.stack(hand, 1)
"""

_PLANE = "Points in the plane (N, 2) and their classes (N,)."

LOADERS: dict[str, tuple[str, str]] = {
    name: ("", _HEAD.format(about=about) + body.removeprefix("\n"))
    for name, about, body in (
        ("two_moons", _PLANE, _MOONS),
        ("circles", _PLANE, _CIRCLES),
        ("spirals", _PLANE, _SPIRALS),
        ("xor", _PLANE, _XOR),
        ("noisy_line", "A number (N, 1) and the one to predict (N, 1).", _LINE),
        ("robot_arm", "Two angles (N, 2) and where the hand is (N, 2).", _ARM),
    )
}
"""as in `script_parts`, without an import"""
