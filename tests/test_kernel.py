"""Kernels against scikit-learn and their definition."""

import math

import pytest
import torch
from sklearn.metrics import pairwise

from distiller.errors import Refused
from distiller.kernel import (
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
    assert d.diagonal().max() < 1e-5
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


def test_an_unknown_kernel_lists_the_known() -> None:
    with pytest.raises(Refused, match="cosine, laplace, linear, polynomial, rbf"):
        make_kernel("sigmoid", X)
