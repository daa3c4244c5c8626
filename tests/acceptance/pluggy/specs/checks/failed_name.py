from plugins import manager, register_unsound

made = manager()
register_unsound(made)
assert not made.has_plugin("unsound"), "the name is still registered"
