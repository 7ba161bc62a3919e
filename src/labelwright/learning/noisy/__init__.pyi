from .group_transition import GroupTransitions as GroupTransitions
from .group_transition import per_group_transition as per_group_transition
from .hoc import HOC as HOC
from .tensor_transition import TensorTransition as TensorTransition
