"""Files spoilt in ways that files are: cut, scrambled, written otherwise. By a seed, so always the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random], bytes]
RENAMED = ("", ".csv", ".tsv", ".txt", ".png", ".npy", ".npz", ".safetensors", ".zip", ".jpg", ".data")
"""other endings that a file may be given, "" for its own"""
LONG = 300_000


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def cut_short(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(min(len(data), 64) + 1)]


def beheaded(data: bytes, random: Random) -> bytes:
    return data[random.randrange(min(len(data), 4096) + 1) :]


def flipped(data: bytes, random: Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(random.choice((1, 5, 100))):
        if spoilt:
            spoilt[random.randrange(len(spoilt))] = random.randrange(256)
    return bytes(spoilt)


def spoilt_head(data: bytes, random: Random) -> bytes:
    return flipped(data[:128], random) + data[128:]


def zeros_inside(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + bytes(random.choice((1, 7, 5000))) + data[at:]


def a_hole(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.choice((1, 10, 2000)) :]


def doubled(data: bytes, random: Random) -> bytes:
    sign = random.choice((b",", b"\t", b"\n", b'"', b";"))
    return data.replace(sign, sign * 2, random.choice((1, 3, -1)))


def swapped_signs(data: bytes, random: Random) -> bytes:
    one, other = random.sample((b",", b"\t", b"\n", b'"', b";", b".", b"0", b" "), 2)
    return data.replace(one, other, random.choice((1, 20, -1)))


def stray_quotes(data: bytes, random: Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(random.choice((1, 2, 9))):
        spoilt.insert(random.randrange(len(spoilt) + 1), ord('"'))
    return bytes(spoilt)


def other_encoding(data: bytes, random: Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(
        random.choice(("utf-16", "utf-16-be", "gb18030", "latin-1", "utf-8-sig", "utf-32")), "replace"
    )


def other_line_ends(data: bytes, random: Random) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(
        b"\n", random.choice((b"\r", b"\r\n", b"\n\n", b"\n\r", b" "))
    )


def a_long_line(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice((b"x", b"9", b",", b'"', b" ")) * LONG + data[at:]


def strange_numbers(data: bytes, random: Random) -> bytes:
    sign = random.choice(
        (b"nan", b"inf", b"1e999", b"--1", b"0x1F", b"1_000", b"\xef\xbc\x91", b"1,5", b"NULL")
    )
    parts = data.split(b"1")
    if len(parts) > 1:
        parts[0:2] = [parts[0] + sign + parts[1]]
    return b"1".join(parts)


def lines_shuffled(data: bytes, random: Random) -> bytes:
    lines = data[:200_000].split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def lines_cut(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(random.choice((1, 4, 30))):
        at = random.randrange(len(lines))
        lines[at] = lines[at][: random.randrange(len(lines[at]) + 1)]
    return b"\n".join(lines)


def one_line_again_and_again(data: bytes, random: Random) -> bytes:
    lines = data[:100_000].split(b"\n")
    return b"\n".join([*lines[:1], *[random.choice(lines)] * 500])


def empty(data: bytes, random: Random) -> bytes:
    return random.choice((b"", b"\n", b" \n \n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b",", b'"'))


def noise(data: bytes, random: Random) -> bytes:
    return random.randbytes(random.choice((1, 100, 10_000)))


def twice(data: bytes, random: Random) -> bytes:
    return data + data


def two_at_once(data: bytes, random: Random) -> bytes:
    for mutation in random.sample(MUTATIONS[:-1], 2):
        data = mutation(data, random)
    return data


MUTATIONS: tuple[Mutation, ...] = (
    *(cut, cut_short, beheaded, flipped, spoilt_head, zeros_inside, a_hole, doubled, swapped_signs),
    *(stray_quotes, other_encoding, other_line_ends, a_long_line, strange_numbers, lines_shuffled, lines_cut),
    *(one_line_again_and_again, empty, noise, twice, two_at_once),
)


def mutated(data: bytes, random: Random) -> tuple[str, bytes]:
    """The name of a mutation and what it makes of a file."""
    mutation = random.choice(MUTATIONS)
    return mutation.__name__, mutation(data, random)
