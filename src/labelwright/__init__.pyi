from .core.votes import Votes as Votes
