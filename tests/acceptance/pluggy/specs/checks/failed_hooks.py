from plugins import manager, register_unsound

made = manager()
register_unsound(made)
assert made.hook.first(arg=1) == [], "a hook of the refused plugin is called"
assert made.hook.second.get_hookimpls() == []
