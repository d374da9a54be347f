"""Kernels against scikit-learn and their definition."""

import math

import pytest
import torch
from sklearn.metrics import pairwise

from distiller.errors import Refused
from distiller.scores.kernel import (
    KERNELS,
    cosine,
    kernel_distance,
    laplace,
    linear,
    make_kernel,
    median_distance,
    polynomial,
    rbf,
    squared_distance,
    witness,
)

G = torch.Generator().manual_seed(0)
X = torch.randn(7, 5, dtype=torch.float64, generator=G)
Y = torch.randn(4, 5, dtype=torch.float64, generator=G)


def test_kernels_equal_scikit_learn() -> None:
    for ours, theirs in (
        (linear(X, Y), pairwise.linear_kernel(X, Y)),
        (cosine(X, Y), pairwise.cosine_similarity(X, Y)),
        (rbf(1.7)(X, Y), pairwise.rbf_kernel(X, Y, gamma=1 / (2 * 1.7**2))),
        (polynomial(2.5)(X, Y), pairwise.polynomial_kernel(X, Y, degree=3, gamma=0.4, coef0=1)),
        (laplace(0.8)(X, Y), torch.exp(-torch.cdist(X, Y) / 0.8)),
    ):
        torch.testing.assert_close(ours, torch.as_tensor(theirs))


@pytest.mark.parametrize("name", KERNELS)
def test_gram_matrices_are_positive_semidefinite(name: str) -> None:
    gram = make_kernel(name, X)(X, X)
    assert torch.linalg.eigvalsh(gram).min() > -1e-10


@pytest.mark.parametrize("name", KERNELS)
def test_the_induced_distance_is_a_metric(name: str) -> None:
    d = kernel_distance(make_kernel(name, X), X, X)
    # laplace's root turns the rounding of a squared distance, 1e-14, into as much as 1e-4 here
    assert d.diagonal().max() < 1e-3
    torch.testing.assert_close(d, d.T)
    assert (d[:, None] <= d[:, :, None] + d[None] + 1e-6).all()  # the triangle inequality


def test_the_linear_kernel_induces_the_euclidean_distance() -> None:
    torch.testing.assert_close(kernel_distance(linear, X, Y), torch.cdist(X, Y))


def test_the_median_heuristic_is_the_median() -> None:
    line = torch.tensor([[0.0], [1.0], [3.0]])
    assert median_distance(line) == pytest.approx(2.0)
    with pytest.raises(Refused, match="at least 2"):
        median_distance(line[:1])


def test_squared_distances_have_a_gradient_at_zero() -> None:
    x = X.clone().requires_grad_()
    kernel_distance(linear, x, X).sum().backward()
    assert x.grad is not None
    assert math.isfinite(float(x.grad.abs().sum()))
    assert (squared_distance(X, X) >= 0).all()


@pytest.mark.parametrize("name", KERNELS)
def test_the_witness_integrates_to_the_squared_discrepancy(name: str) -> None:
    """Its mean over y less its mean over x is the biased estimate of Gretton et al., Eq. 5."""
    kernel = make_kernel(name, X)
    expected = kernel(X, X).mean() + kernel(Y, Y).mean() - 2 * kernel(X, Y).mean()
    found = witness(kernel, Y, Y, X).mean() - witness(kernel, X, Y, X).mean()
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=1e-12)
    assert expected > 0


def test_the_witness_has_the_sign_of_what_is_missed() -> None:
    """Between one real point at 0 and one of the set at 1, k(p, 0) - k(p, 1)."""
    y, x = torch.zeros(1, 1), torch.ones(1, 1)
    p = torch.tensor([[0.0], [0.5], [1.0], [60.0]])
    near = 1 - math.exp(-0.5)
    expected = torch.tensor([near, 0, -near, 0])
    torch.testing.assert_close(witness(rbf(1.0), p, y, x), expected)


def test_the_witness_of_a_set_against_itself_is_zero() -> None:
    shuffled = X[torch.randperm(len(X), generator=G)]
    found = witness(rbf(1.3), torch.cat([X, Y]), X, shuffled)
    torch.testing.assert_close(found, torch.zeros_like(found), atol=1e-15, rtol=0)


def test_an_unknown_kernel_lists_the_known() -> None:
    with pytest.raises(Refused, match="cosine, laplace, linear, polynomial, rbf"):
        make_kernel("sigmoid", X)
