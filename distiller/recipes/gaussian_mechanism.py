"""The Gaussian mechanism of differential privacy: how much noise hides one image."""

import math

from ..errors import Refused

__all__ = ["gaussian_delta", "gaussian_mechanism_sigma"]


def gaussian_delta(sigma: float, epsilon: float, sensitivity: float) -> float:
    """The least delta at which noise of standard deviation sigma is (epsilon, delta)-private.

    Balle & Wang (2018), arXiv:1805.06530, Eq. 8, with Delta the L2 sensitivity:
    delta = Phi(Delta / 2 sigma - epsilon sigma / Delta)
          - exp(epsilon) Phi(-Delta / 2 sigma - epsilon sigma / Delta).
    """
    from scipy.special import log_ndtr, ndtr

    a, b = sensitivity / (2 * sigma), epsilon * sigma / sensitivity
    return float(ndtr(a - b) - math.exp(epsilon + log_ndtr(-a - b)))


def gaussian_mechanism_sigma(epsilon: float, delta: float, sensitivity: float) -> float:
    """The least noise that makes a statistic (epsilon, delta)-differentially private.

    The analytic Gaussian mechanism (Balle & Wang, 2018, arXiv:1805.06530, Algorithm 1), valid for
    every epsilon > 0. `sensitivity` is how far the statistic moves, in L2 norm, when one image
    changes; the result is a standard deviation, in the same unit.

    Raises:
        Refused: if epsilon or sensitivity is not positive, or delta not between 0 and 1.
    """
    from scipy.optimize import brentq

    if not (0 < epsilon < 700 and 0 < delta < 1 and 0 < sensitivity < math.inf):
        raise Refused(
            "The Gaussian mechanism needs 0 < epsilon < 700, 0 < delta < 1 and a positive, finite "
            f"sensitivity; got {epsilon:g}, {delta:g} and {sensitivity:g}."
        )

    def excess(log_alpha: float) -> float:
        """log of the delta of sigma = alpha Delta / sqrt(2 epsilon), over the delta allowed.

        Algorithm 1 writes alpha = sqrt(1 + v / 2) -+ sqrt(v / 2), v >= 0, in two branches that
        meet at alpha = 1; as delta falls with alpha, one search over alpha finds the same.
        """
        sigma = math.exp(log_alpha) / math.sqrt(2 * epsilon)
        return math.log(max(gaussian_delta(sigma, epsilon, 1.0), 1e-300)) - math.log(delta)

    low = high = 0.0
    while excess(low) < 0:
        low -= 1
    while excess(high) > 0:
        high += 1
    log_alpha = float(brentq(excess, low, high, xtol=1e-13)) if low < high else 0.0
    return math.exp(log_alpha) * sensitivity / math.sqrt(2 * epsilon)
