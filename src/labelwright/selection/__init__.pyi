from .random_sample import Sample as Sample
from .random_sample import sample as sample
from .sheet import SheetReading as SheetReading
from .sheet import blind_sheet as blind_sheet
from .sheet import read_sheet as read_sheet
