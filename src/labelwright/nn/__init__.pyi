from .hex import HEXLayer as HEXLayer
from .losses import soft_cross_entropy as soft_cross_entropy
from .modules import MLP as MLP
from .modules import WithHead as WithHead
from .rows import Rows as Rows
from .rows import outputs as outputs
from .seeding import seeded as seeded
from .training import Trainer as Trainer
