"""Labels with a number on them: how sure each is, who errs where, which are wrong."""

import lazy_loader as _lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
