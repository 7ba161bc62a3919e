"""Readers of the exports of other tools: one file a tool, each told by what the file holds."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
