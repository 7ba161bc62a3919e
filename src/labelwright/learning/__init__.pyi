from .classifier import LabelClassifier as LabelClassifier
from .model_folder import Model as Model
from .model_folder import load_model as load_model
from .model_folder import save_model as save_model
