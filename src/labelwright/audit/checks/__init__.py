"""The checks of an audit, one a file, and what a check of your own is made from."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
