from plugins import manager

made, one, other = manager(), object(), object()
made.register(one, name="one")
made.register(other, name="other")
try:
    made.unregister(one, name="other")
except ValueError:
    assert made.get_plugins() == {one, other}
else:
    raise AssertionError("one was unregistered by the name of the other")
