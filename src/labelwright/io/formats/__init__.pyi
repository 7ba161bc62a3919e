from ._base import Overview as Overview
from ._base import Reader as Reader
from ._base import Sample as Sample
from ._registry import readers as readers
from .label_studio import LabelStudio as LabelStudio
from .label_studio import LabelStudioMin as LabelStudioMin
