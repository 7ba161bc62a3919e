"""Label spaces: what a label can be, and how it is encoded, decoded and checked."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
