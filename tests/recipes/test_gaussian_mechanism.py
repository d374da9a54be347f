"""The Gaussian mechanism: the noise meets its defining equation, and no more is added."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from distiller.errors import Refused
from distiller.recipes.gaussian_mechanism import gaussian_delta, gaussian_mechanism_sigma


@pytest.mark.parametrize("epsilon", [1e-3, 0.1, 1, 8, 50])
@pytest.mark.parametrize("delta", [1e-10, 1e-5, 0.2])
@pytest.mark.parametrize("sensitivity", [0.02, 1, 300])
def test_the_noise_meets_the_defining_equation_exactly(
    epsilon: float, delta: float, sensitivity: float
) -> None:
    sigma = gaussian_mechanism_sigma(epsilon, delta, sensitivity)
    a, b = sensitivity / (2 * sigma), epsilon * sigma / sensitivity
    spent = norm.cdf(a - b) - np.exp(epsilon + norm.logcdf(-a - b))
    assert spent == pytest.approx(delta, rel=1e-6)
    assert gaussian_delta(0.99 * sigma, epsilon, sensitivity) > delta


def test_needs_less_noise_than_the_classical_mechanism() -> None:
    """Dwork & Roth (2014), Theorem A.1, for epsilon < 1."""
    for epsilon in (0.1, 0.5, 0.99):
        classical = math.sqrt(2 * math.log(1.25 / 1e-5)) / epsilon
        assert gaussian_mechanism_sigma(epsilon, 1e-5, 1) < classical


def test_follows_algorithm_1_on_both_branches() -> None:
    """sigma = alpha Delta / sqrt(2 epsilon) with alpha from v* (large delta) or u* (small)."""
    from scipy.optimize import brentq

    for epsilon, delta in ((1.0, 0.3), (1.0, 1e-6)):
        sign = 1 if delta >= 0.5 - math.exp(epsilon) * norm.cdf(-math.sqrt(2 * epsilon)) else -1

        def b(v: float, epsilon: float = epsilon, sign: int = sign) -> float:
            return norm.cdf(sign * math.sqrt(epsilon * v)) - math.exp(epsilon) * norm.cdf(
                -math.sqrt(epsilon * (v + 2))
            )

        v = brentq(lambda v, b=b, delta=delta: b(v) - delta, 0, 200, xtol=1e-12)
        alpha = math.sqrt(1 + v / 2) - sign * math.sqrt(v / 2)
        expected = alpha / math.sqrt(2 * epsilon)
        assert gaussian_mechanism_sigma(epsilon, delta, 1) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "values", [(0, 1e-5, 1), (1, 0, 1), (1, 1, 1), (1, 1e-5, 0), (math.nan, 0.1, 1)]
)
def test_what_is_no_privacy_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(Refused, match="needs 0 < epsilon"):
        gaussian_mechanism_sigma(*values)
