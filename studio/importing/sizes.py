"""Lengths of tensors while a module is read: whole numbers that remember where they come from.

A module is read for two sets of input sizes at once. A length that is equal in both is a plain number; one
that differs is a `Length`, which is a number to the module and an expression to the document, and so is all
that is computed with it. What the module asks about a `Length` is answered by `judge`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NoReturn

from studio.graph.values import ARITHMETIC
from studio.importing.errors import SizeDependentError
from studio.words import Message


class Length(int):
    """A whole number that follows from sizes: itself in the first run, `other` in the second.

    `formula` says how it comes about: `("size", tensor, dim)`, `(operator, left, right)`, or
    `("given", key)` for what a block gave.
    """

    other: int
    formula: tuple[Any, ...]

    def __new__(cls, first: int, other: int, formula: tuple[Any, ...]) -> Length:
        made = super().__new__(cls, first)
        made.other = other
        made.formula = formula
        return made

    def beside(self, other: Any) -> Length:
        """This length, its second run taken from `other`, which came about at another size."""
        if other is self or (isinstance(other, Length) and other.formula == self.formula):
            return self
        return Length(first(self), second(other), ("given", object()))

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __add__(self, value: Any) -> Any:
        return _combined("+", operator.add, self, value)

    def __radd__(self, value: Any) -> Any:
        return _combined("+", operator.add, value, self)

    def __sub__(self, value: Any) -> Any:
        return _combined("-", operator.sub, self, value)

    def __rsub__(self, value: Any) -> Any:
        return _combined("-", operator.sub, value, self)

    def __mul__(self, value: Any) -> Any:
        return _combined("*", operator.mul, self, value)

    def __rmul__(self, value: Any) -> Any:
        return _combined("*", operator.mul, value, self)

    def __floordiv__(self, value: Any) -> Any:
        return _combined("//", operator.floordiv, self, value)

    def __rfloordiv__(self, value: Any) -> Any:
        return _combined("//", operator.floordiv, value, self)

    def __mod__(self, value: Any) -> Any:
        return _combined("%", operator.mod, self, value)

    def __rmod__(self, value: Any) -> Any:
        return _combined("%", operator.mod, value, self)

    def __divmod__(self, value: Any) -> Any:
        return self // value, self % value

    def __neg__(self) -> Any:
        return Length(-first(self), -second(self), ("neg", self))

    def __pos__(self) -> Any:
        return self

    def __truediv__(self, value: Any) -> Any:
        return _ratio(self, value)

    def __rtruediv__(self, value: Any) -> Any:
        return _ratio(value, self)

    def __trunc__(self) -> Any:
        return self

    def __floor__(self) -> Any:
        return self

    def __ceil__(self) -> Any:
        return self

    def __round__(self, digits: Any = None) -> Any:
        return self

    def __bool__(self) -> bool:
        return _compared("!=", self, 0)

    def __eq__(self, value: object) -> bool:
        return _compared("==", self, value)

    def __ne__(self, value: object) -> bool:
        return _compared("!=", self, value)

    def __lt__(self, value: Any) -> bool:
        return _compared("<", self, value)

    def __le__(self, value: Any) -> bool:
        return _compared("<=", self, value)

    def __gt__(self, value: Any) -> bool:
        return _compared(">", self, value)

    def __ge__(self, value: Any) -> bool:
        return _compared(">=", self, value)

    def __pow__(self, *_: Any) -> NoReturn:
        raise _lost()

    __rpow__ = __and__ = __or__ = __xor__ = __lshift__ = __rshift__ = __pow__

    def __int__(self) -> NoReturn:
        raise _lost()

    def __float__(self) -> NoReturn:
        raise _lost()


class Ratio(float):
    """A quotient of which at least one part is a `Length`; rounding it down or up is whole again."""

    other: float
    over: Any
    under: Any

    def __new__(cls, over: Any, under: Any) -> Ratio:
        made = super().__new__(cls, first(over) / first(under))
        made.other = second(over) / second(under)
        made.over, made.under = over, under
        return made

    def __floor__(self) -> Any:
        return self.over // self.under

    def __ceil__(self) -> Any:
        return -(-self.over // self.under)

    def __trunc__(self) -> Any:
        return self.over // self.under

    def __hash__(self) -> int:
        return float.__hash__(self)

    def _refuse(self, *_: Any) -> NoReturn:
        raise _lost()

    __int__ = __float__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __neg__ = __pow__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __round__ = _refuse


class Shape(tuple[int, ...]):
    """The sizes of a tensor, as `torch.Size` has them, with lengths that remember where they come from."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Shape(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        return Shape((*self, *other))

    def numel(self) -> Any:
        total: Any = 1
        for item in self:
            total = total * item
        return total


def agreed(formula: tuple[Any, ...], one: bool, other: bool) -> bool:
    """The answer to a question about sizes. Raises SizeDependentError where the runs differ."""
    if one != other:
        raise SizeDependentError(depends())
    return one


def depends() -> Message:
    return Message("what it does depends on the size of its input")


judge: ContextVar[Callable[[tuple[Any, ...], bool, bool], bool]] = ContextVar("judge", default=agreed)
"""answers whether `(comparison, left, right)` holds, given whether it does in either run"""


def first(value: Any) -> Any:
    """What a value is in the first run."""
    if isinstance(value, Length):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, Ratio) else value


def second(value: Any) -> Any:
    """What a value is in the second run."""
    return value.other if isinstance(value, Length | Ratio) else value


def length(one: int, other: int, formula: tuple[Any, ...]) -> int:
    """A plain number where both runs agree."""
    return one if one == other else Length(one, other, formula)


def _combined(name: str, function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if isinstance(left, list | tuple) or isinstance(right, list | tuple):
        raise _lost()
    if not isinstance(left, int) or not isinstance(right, int):
        return NotImplemented
    one, other = function(first(left), first(right)), function(second(left), second(right))
    return Length(one, other, (name, left, right))


def _ratio(over: Any, under: Any) -> Any:
    if not isinstance(over, int) or not isinstance(under, int):
        raise _lost()
    return Ratio(over, under)


def _compared(name: str, left: Any, right: Any) -> bool:
    if not isinstance(right, int | float):
        return name == "!="
    answers = (ARITHMETIC[name](of(left), of(right)) for of in (first, second))
    return judge.get()((name, left, right), *answers)


def _lost() -> SizeDependentError:
    return SizeDependentError(
        Message("it computes with the size of its input in a way that a document cannot say")
    )
