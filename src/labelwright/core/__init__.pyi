from .codebook import Codebook as Codebook
from .ledger import GoldLedger as GoldLedger
from .params import Params as Params
from .results import Result as Result
from .seeds import generator as generator
