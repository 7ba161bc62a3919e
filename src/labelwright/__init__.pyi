from .core.votes import Votes as Votes
from .io.votes import read_votes as read_votes
from .pipeline.look import look as look
from .pipeline.run import run as run

__version__: str
