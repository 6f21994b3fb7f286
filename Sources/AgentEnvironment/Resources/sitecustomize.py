"""Run by every Python of a run at start-up (its folder leads PYTHONPATH).

stripe brings its own list of certificate authorities and reads no variable; aiohttp reads the proxy's variables only
if told to. Both are told on import. Then the sitecustomize that would have been run without us is run.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))


def _stripe(module):
    module.ca_bundle_path = os.path.join(_here, os.pardir, "bundle.pem")


def _aiohttp(module):
    defaults = module.ClientSession.__init__.__kwdefaults__
    if defaults and defaults.get("trust_env") is False:
        defaults["trust_env"] = True


class _AfterImport(object):
    """Finds a module as the other finders do, and has it changed once it was run."""

    def __init__(self, changes):
        self.changes = changes

    def find_spec(self, name, path=None, target=None):
        change = self.changes.get(name)
        if change is None:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find and finder is not self else None
            if spec is not None:
                self._change_after(spec.loader, change)
                return spec
        return None

    def _change_after(self, loader, change):
        run = getattr(loader, "exec_module", None)
        if run is None:
            return

        def exec_module(module):
            run(module)
            try:
                change(module)
            except Exception:  # An unknown version: better unchanged than broken.
                pass

        try:
            # On the instance, so that the loader stays what it is for whoever asks it for resources.
            loader.exec_module = exec_module
        except AttributeError:
            pass


def _run_next():
    """Runs the next sitecustomize on the path, which ours hides."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    others = [one for one in sys.path if os.path.abspath(one or os.curdir) != _here]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if sys.version_info[0] >= 3:
    sys.meta_path.insert(0, _AfterImport({"stripe": _stripe, "aiohttp.client": _aiohttp}))
    _run_next()
