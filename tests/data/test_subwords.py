"""Pieces of words: what is learned is what the algorithm says, and nothing of a text is lost."""

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from studio.data import subwords
from studio.data.subwords import START

SHORT = st.lists(st.text("ab c'深度.", max_size=12), min_size=1, max_size=5)


def plainly(texts: list[str], size: int) -> list[tuple[str, str]]:
    """Byte-pair encoding as it is written down: all pairs counted anew each time."""
    counts = Counter(word for text in texts for word in subwords.words(text))
    pieces = {word: subwords.letters(word) for word in counts}
    known = {piece for word in pieces.values() for piece in word}
    merges: list[tuple[str, str]] = []
    while len(known) < size:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, found in pieces.items():
            for pair in itertools.pairwise(found):
                pairs[pair] += counts[word]
        if not pairs or max(pairs.values()) < 2:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        known.add("".join(best))
        pieces = {word: subwords.joined(found, best) for word, found in pieces.items()}
    return merges


@given(SHORT, st.integers(1, 20))
def test_what_is_learned_is_what_counting_anew_each_time_gives(texts: list[str], size: int) -> None:
    assert subwords.learn(texts, size) == plainly(texts, size)


@given(SHORT, st.text("ab c'深度.", max_size=20))
def test_pieces_put_together_are_the_text(texts: list[str], text: str) -> None:
    cut = subwords.cutter(subwords.learn(texts, 30))

    again = "".join(cut(text)).replace(START, " ").strip()

    assert again == " ".join("".join(subwords.words(text)).replace(START, " ").split())


def test_frequent_chinese_words_are_found_without_spaces() -> None:
    texts = ["深度学习很有趣", "我们学习深度学习", "深度学习与机器学习"]

    cut = subwords.cutter(subwords.learn(texts, 30))

    assert "学习" in cut("他在学习")


def test_a_word_not_heard_of_is_cut_into_pieces_that_were() -> None:
    texts = ["low low low lower lower newest newest newest widest widest"]

    cut = subwords.cutter(subwords.learn(texts, 40))

    assert cut("lowest") == [START + "low", "est"]
