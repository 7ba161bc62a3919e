from .base import Features as Features
from .columns import ColumnFeatures as ColumnFeatures
from .embedding import EmbeddingFeatures as EmbeddingFeatures
from .embedding import attach_embedding as attach_embedding
from .embedding import read_embedding as read_embedding
from .joined import JoinedFeatures as JoinedFeatures
from .text import TextFeatures as TextFeatures
