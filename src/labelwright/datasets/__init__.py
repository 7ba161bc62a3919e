"""Real public data sets, checked against their checksums, and makers of known corruption."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
