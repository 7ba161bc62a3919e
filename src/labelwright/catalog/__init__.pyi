from .listing import System as System
from .listing import find as find
from .listing import systems as systems
