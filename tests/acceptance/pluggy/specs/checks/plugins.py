"""A plugin whose first hook is sound and whose second one does not fit its specification."""

import pluggy

hookspec = pluggy.HookspecMarker("example")
hookimpl = pluggy.HookimplMarker("example")


class Spec:
    @hookspec
    def first(self, arg):
        """Sound in the plugin below."""

    @hookspec
    def second(self, arg):
        """Implemented with an argument that is not here."""


class Unsound:
    @hookimpl
    def first(self, arg):
        return arg

    @hookimpl
    def second(self, arg, unknown):
        return arg, unknown


def manager():
    """A manager that knows the specification."""
    made = pluggy.PluginManager("example")
    made.add_hookspecs(Spec)
    return made


def register_unsound(made):
    """Try to register the unsound plugin, and see it refused."""
    try:
        made.register(Unsound(), name="unsound")
    except pluggy.PluginValidationError:
        return
    raise AssertionError("the unsound plugin was registered")
