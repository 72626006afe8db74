"""Names of nodes: what a new one is called, and which names would not work.

A node's id is its attribute path in the PyTorch module ("layer1.0.conv1"), so each part must be one that a
module can have.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Container

from studio.words import Message

_BASES = {
    "nn.Linear": "fc",
    "nn.LazyLinear": "fc",
    "nn.Bilinear": "bilinear",
    "nn.LayerNorm": "ln",
    "nn.RMSNorm": "norm",
    "nn.GroupNorm": "gn",
    "nn.LocalResponseNorm": "lrn",
    "nn.MultiheadAttention": "attention",
    "nn.AvgPool1d": "avgpool",
    "nn.AvgPool2d": "avgpool",
    "nn.AvgPool3d": "avgpool",
    "nn.Upsample": "up",
    "torch.flatten": "flat",
    "nn.Flatten": "flat",
}
_PATTERNS = (
    (r"^nn\.ConvTranspose\dd$", "deconv"),
    (r"^nn\.Conv\dd$", "conv"),
    (r"^nn\.(Adaptive)?MaxPool\dd$", "pool"),
    (r"^nn\.AdaptiveAvgPool\dd$", "avgpool"),
    (r"^nn\.(Sync)?BatchNorm(\dd)?$", "bn"),
    (r"^nn\.InstanceNorm\dd$", "norm"),
    (r"^nn\.\w*Dropout(\dd)?$", "drop"),
    (r"^nn\.\w*Pad\dd$", "pad"),
    (r"^nn\.(ReLU6?|ELU|SELU|CELU|GELU|SiLU|PReLU|GLU|RReLU)$", ""),
)
_ONCE = {"input", "output"}
"""types of which most networks have one: the first goes without a number"""

_MODULE_WORDS = """
T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule
half ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters
parameters register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to
to_empty train training type xpu zero_grad graph code self
"""
_MODULE_NAMES = frozenset(_MODULE_WORDS.split())
"""attributes that every torch.nn.Module has; a layer of that name would hide them"""


def fresh(base: str, taken: Container[str]) -> str:
    """`base` with the first number that is not taken. The first "input" and "output" have none.

    >>> fresh("conv", {"conv1"}), fresh("input", {})
    ('conv2', 'input')
    """
    if base in _ONCE and base not in taken:
        return base
    number = 2 if base in _ONCE else 1
    base = f"{base}_" if base[-1:].isdigit() else base
    while f"{base}{number}" in taken:
        number += 1
    return f"{base}{number}"


def stem(id_: str) -> str:
    """An id without the number at its end, as the base for a copy's.

    >>> stem("layer1.0.conv12"), stem("layer1.0")
    ('layer1.0.conv', 'layer1.0_')
    """
    found = id_.rstrip("0123456789")
    return f"{id_}_" if found.endswith(".") or not found else found


def base_name(type_: str) -> str:
    """What nodes of a type are called, without the number.

    >>> base_name("nn.Conv2d"), base_name("nn.Linear"), base_name("F.max_pool2d"), base_name("block:Residual")
    ('conv', 'fc', 'max_pool', 'residual')
    """
    if type_ in _BASES:
        return _BASES[type_]
    name = re.sub(r"_?\dd$", "", re.split(r"[.:]", type_)[-1])
    for pattern, base in _PATTERNS:
        if re.match(pattern, type_):
            return base or name.lower()
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    cleaned = re.sub(r"\W+", "_", snake).strip("_")
    return cleaned if cleaned.isidentifier() else f"node_{cleaned}".rstrip("_")


def fault(id_: str) -> Message | None:
    """Why a node cannot have this id; None when it can."""
    if not id_:
        return Message("A node needs a name.")
    for part in id_.split("."):
        if not (re.sub(r"(?<=\w)-(?=\w)", "_", part).isidentifier() or (part.isascii() and part.isdigit())):
            return Message(
                "{id} is no name for a node. A name is letters, digits and underscores, and does not begin "
                "with a digit; points part the levels.",
                id=id_,
            )
        if keyword.iskeyword(part):
            return Message("{part} is a word of Python and cannot be the name of a node.", part=part)
        if part in _MODULE_NAMES or part.startswith("__"):
            return Message(
                "{part} already means something in every PyTorch module. Choose another name.", part=part
            )
    return None
