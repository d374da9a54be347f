"""Evaluation: nets trained on a set, tested on real images, attacked and audited."""

from .accuracy import evaluate, evaluate_random, of_classes
from .augmentation import AUGMENTATIONS, Augmentation, augment, mix
from .classifier import Classifier, LabelledSet, predict
from .comparison import Asked, Line, Step, compare, evaluate_set
from .full_data import evaluate_full, full_accuracies
from .nets import NETS, ConvNet, NormReluPool, ResNet, count_parameters, make_net
from .plan import REPORTS, EvaluationPlan
from .pretrained import imagenet_indices, load_named
from .privacy import (
    Membership,
    Memorisation,
    audit_privacy,
    averaged,
    membership_inference,
    memorisation,
)
from .protocol import PROTOCOLS, TEACHER, Protocol, protocol_for, unmirrored
from .published import Published, beside, sources
from .ranking import augmentation_robust, label_robust, rank_set
from .result import Evaluation
from .robustness import CORRUPTIONS, corrupt, fgsm, measure_robustness, pgd
from .study import Column, Difference, Figure, Study, StudyRow, figure_of, read_study
from .teacher import (
    cached_teacher,
    load_teacher,
    of_labels,
    save_teacher,
    teacher_for,
    train_teacher,
)

__all__ = [
    "AUGMENTATIONS",
    "CORRUPTIONS",
    "NETS",
    "PROTOCOLS",
    "REPORTS",
    "TEACHER",
    "Asked",
    "Augmentation",
    "Classifier",
    "Column",
    "ConvNet",
    "Difference",
    "Evaluation",
    "EvaluationPlan",
    "Figure",
    "LabelledSet",
    "Line",
    "Membership",
    "Memorisation",
    "NormReluPool",
    "Protocol",
    "Published",
    "ResNet",
    "Step",
    "Study",
    "StudyRow",
    "audit_privacy",
    "augment",
    "augmentation_robust",
    "averaged",
    "beside",
    "cached_teacher",
    "compare",
    "corrupt",
    "count_parameters",
    "evaluate",
    "evaluate_full",
    "evaluate_random",
    "evaluate_set",
    "fgsm",
    "figure_of",
    "full_accuracies",
    "imagenet_indices",
    "label_robust",
    "load_named",
    "load_teacher",
    "make_net",
    "measure_robustness",
    "membership_inference",
    "memorisation",
    "mix",
    "of_classes",
    "of_labels",
    "pgd",
    "predict",
    "protocol_for",
    "rank_set",
    "read_study",
    "save_teacher",
    "sources",
    "teacher_for",
    "train_teacher",
    "unmirrored",
]
