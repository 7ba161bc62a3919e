"""Tables and votes in and out, and the exports of other tools, recognised by what they hold."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
