from .agreement import Agreement as Agreement
from .agreement import krippendorff_alpha as krippendorff_alpha
from .dawid_skene import DawidSkene as DawidSkene
from .majority_vote import MajorityVote as MajorityVote
from .one_coin_dawid_skene import OneCoinDawidSkene as OneCoinDawidSkene
from .wawa import Wawa as Wawa
