"""Where labels come from: rules as functions, keyword lists, regular expressions and lookups."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
