"""The order in which a module registers what it holds, and what of it is the same under two names."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from studio.importing.scope import Scope


def order(scope: Scope) -> list[str]:
    """The nodes that hold tensors, by the names they are called by, as the module registers them."""
    ranks: dict[str, int] = {}
    for place, path in enumerate(_registered(scope.module)):
        ranks.setdefault(path, place)
    held = [path for node in scope.nodes.values() if (path := node.path or node.id) in ranks]
    return sorted(dict.fromkeys(held), key=ranks.__getitem__)


def _registered(module: nn.Module, base: str = "") -> Iterator[str]:
    """The paths of tensors, and of modules that hold any, as `state_dict` goes through them."""
    for name in (*module._parameters, *module._buffers):  # noqa: SLF001
        yield f"{base}{name}"
    for name, child in module.named_children():
        if any(True for _ in (*child.parameters(), *child.buffers())):
            yield f"{base}{name}"
            yield from _registered(child, f"{base}{name}.")


def ties(root: Scope) -> dict[str, list[list[str]]]:
    """What is one under several names: groups of paths by the path of the innermost call that holds them all.

    The paths are seen from there; the first of each group is one that a node has.
    """
    made = set(_made(root))
    scopes = sorted({scope.path for scope in _scopes(root)}, key=len, reverse=True)
    found: dict[str, list[list[str]]] = {}
    for group in _groups(root.module):
        if not any(_is_made(path, made) for path in group):
            continue
        home = next(path for path in scopes if not path or all(name.startswith(f"{path}.") for name in group))
        cut = len(home) + 1 if home else 0
        group.sort(key=lambda path: not _is_made(path, made))
        found.setdefault(home, []).append([path[cut:] for path in group])
    return found


def _groups(module: nn.Module) -> Iterator[list[str]]:
    """The paths of each module, and of each parameter of other modules, that is registered more than once."""
    again: list[str] = []
    modules: dict[int, list[str]] = {}
    for path, part in module.named_modules(remove_duplicate=False):
        if any(True for _ in (*part.parameters(), *part.buffers())):
            modules.setdefault(id(part), []).append(path)
    for paths in modules.values():
        if len(paths) > 1 and not any(_lies_in(path, again) for path in paths[1:]):
            again += paths[1:]
            yield list(paths)
    parameters: dict[int, list[str]] = {}
    for path, parameter in module.named_parameters(remove_duplicate=False):
        if not _lies_in(path, again):
            parameters.setdefault(id(parameter), []).append(path)
    yield from (paths for paths in parameters.values() if len(paths) > 1)


def _lies_in(path: str, holders: list[str]) -> bool:
    return any(path == holder or path.startswith(f"{holder}.") for holder in holders)


def _scopes(scope: Scope) -> Iterator[Scope]:
    yield scope
    for child in scope.children.values():
        yield from _scopes(child)


def _made(root: Scope) -> Iterator[str]:
    """The paths of the nodes of all calls, seen from the whole."""
    for scope in _scopes(root):
        base = f"{scope.path}." if scope.path else ""
        for node in scope.nodes.values():
            if node.id not in scope.children:
                yield f"{base}{node.path or node.id}"


def _is_made(path: str, made: set[str]) -> bool:
    """Whether a node holds what lies at `path`, or is a part of it."""
    parts = path.split(".")
    above = any(".".join(parts[:count]) in made for count in range(1, len(parts) + 1))
    return above or any(name.startswith(f"{path}.") for name in made)
