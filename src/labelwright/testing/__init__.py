"""The contracts of the parts, as checks that anybody can run on their own parts."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
