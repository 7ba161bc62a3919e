from .columns import match_columns as match_columns
from .recognition import Recognition as Recognition
from .recognition import recognise as recognise
from .tables import read_table as read_table
from .tables import write_table as write_table
from .votes import read_records as read_records
from .votes import read_votes as read_votes
