"""Evaluation: nets trained on a set, tested on real images, attacked and audited."""

from .accuracy import REPORTS, Evaluation, evaluate, evaluate_random, of_classes
from .augmentation import AUGMENTATIONS, Augmentation, augment, mix
from .classifier import Classifier, LabelledSet, predict
from .full_data import evaluate_full, full_accuracies
from .nets import NETS, ConvNet, NormReluPool, ResNet, count_parameters, make_net
from .privacy import (
    Membership,
    Memorisation,
    audit_privacy,
    averaged,
    membership_inference,
    memorisation,
)
from .protocol import PROTOCOLS, TEACHER, Protocol, protocol_for, unmirrored
from .ranking import augmentation_robust, label_robust, rank_set
from .robustness import CORRUPTIONS, corrupt, fgsm, measure_robustness, pgd
from .teacher import cached_teacher, load_teacher, of_labels, save_teacher, train_teacher

__all__ = [
    "AUGMENTATIONS",
    "CORRUPTIONS",
    "NETS",
    "PROTOCOLS",
    "REPORTS",
    "TEACHER",
    "Augmentation",
    "Classifier",
    "ConvNet",
    "Evaluation",
    "LabelledSet",
    "Membership",
    "Memorisation",
    "NormReluPool",
    "Protocol",
    "ResNet",
    "audit_privacy",
    "augment",
    "augmentation_robust",
    "averaged",
    "cached_teacher",
    "corrupt",
    "count_parameters",
    "evaluate",
    "evaluate_full",
    "evaluate_random",
    "fgsm",
    "full_accuracies",
    "label_robust",
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
    "save_teacher",
    "train_teacher",
    "unmirrored",
]
