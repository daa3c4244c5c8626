"""A large change in slices that belong together."""

from __future__ import annotations

from review_diffs import diff

from podium.review.split import proposal

FILLER = b"".join(b"value_%d = 1\n" % n for n in range(150))


def test_a_large_change_is_taken_apart_by_what_belongs_together() -> None:
    price = diff("src/price.py", b"", b"def price_of(x):\n    return x\n" + FILLER.replace(b"value", b"price"))
    test = diff("tests/test_price.py", b"", b"from src.price import price_of\n")
    user = diff("src/till.py", b"", b"total = price_of(3)\n" + FILLER.replace(b"value", b"till"))
    other = diff("src/colour.py", b"", FILLER.replace(b"value", b"colour"))
    slices = proposal([price, other, test, user])
    assert [each.paths for each in slices] == [
        ("src/price.py", "tests/test_price.py", "src/till.py"),
        ("src/colour.py",),
    ]
    assert [each.lines for each in slices] == [304, 150]


def test_what_is_small_or_hangs_together_is_not() -> None:
    assert proposal([diff("a.py", b"", b"x = 1\n"), diff("b.py", b"", b"y = 1\n")]) == ()
    one = diff("a.py", b"", b"def helper():\n    pass\n" + FILLER * 3)
    assert proposal([one, diff("b.py", b"", b"helper()\n")]) == ()
    assert proposal([one]) == ()
