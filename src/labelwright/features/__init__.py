"""Records to numbers: text, columns and ready-made embeddings."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
