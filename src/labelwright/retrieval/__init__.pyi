from .duplicates import duplicate_groups as duplicate_groups
from .duplicates import exact_duplicates as exact_duplicates
from .duplicates import near_duplicates as near_duplicates
from .neighbours import NeighbourGraph as NeighbourGraph
