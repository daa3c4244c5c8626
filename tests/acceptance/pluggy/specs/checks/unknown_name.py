from plugins import manager

made, one = manager(), object()
made.register(one, name="one")
try:
    made.unregister(one, name="nobody")
except ValueError:
    assert made.get_plugins() == {one}
else:
    raise AssertionError("it was unregistered by a name that nobody has")
