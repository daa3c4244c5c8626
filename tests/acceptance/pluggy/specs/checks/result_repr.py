from pluggy import Result

assert "[1, 2]" in repr(Result([1, 2], None))
assert "ValueError('no')" in repr(Result(None, ValueError("no")))
