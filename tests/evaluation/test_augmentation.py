"""Augmentation: what each does, on images whose answer is known."""

import pytest
import torch

from distiller.evaluation.augmentation import (
    AUGMENTATIONS,
    augment,
    cutout,
    diagonal,
    flip,
    jitter,
    lighting,
    mix,
    resized_crop,
    rotate,
    shift,
    warp,
)


def seed(k: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(k)


X = torch.rand(64, 3, 16, 16, generator=seed(9)) * 2 - 1
LAST = X.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_follows_its_seed_not_the_layout_and_changes_images(name: str) -> None:
    once = augment(X, (name,), seed(3))
    assert once.shape == X.shape
    assert torch.isfinite(once).all()
    torch.testing.assert_close(augment(LAST, (name,), seed(3)), once, atol=1e-5, rtol=0)
    assert (once != X).any()
    assert (augment(X, (name,), seed(4)) != once).any()


def test_flips_half_of_the_images_exactly() -> None:
    y = flip(X, seed())
    mirrored = (y == X.flip(-1)).flatten(1).all(1)
    assert (mirrored | (y == X).flatten(1).all(1)).all()
    assert 20 <= int(mirrored.sum()) <= 44


def test_shift_moves_a_pixel_by_at_most_an_eighth() -> None:
    x = torch.zeros(200, 3, 16, 16)
    x[:, :, 8, 8] = 1
    where = shift(x, seed())[:, 0].flatten(1)
    assert (where.sum(1) == 1).all()
    row, column = where.argmax(1) // 16, where.argmax(1) % 16
    for place in (row, column):
        assert set(place.tolist()) == set(range(6, 11))


def test_the_identity_warps_nothing_and_a_half_turn_turns() -> None:
    one, zero = torch.ones(64, 1, 1, 1), torch.zeros(64, 1, 1, 1)
    torch.testing.assert_close(warp(X, diagonal(one, one, zero, zero)), X, atol=1e-5, rtol=0)
    turned = warp(X, diagonal(-one, -one, zero, zero))
    torch.testing.assert_close(turned, X.flip(-1, -2), atol=1e-5, rtol=0)


def test_a_crop_stays_inside_the_image() -> None:
    """A crop of a plain image is plain: nothing from outside comes in."""
    torch.testing.assert_close(
        resized_crop(torch.ones(64, 3, 16, 16), seed())[:, :, 1:-1, 1:-1],
        torch.ones(64, 3, 14, 14),
    )


def test_rotation_keeps_the_middle() -> None:
    x = torch.zeros(8, 3, 17, 17)
    x[:, :, 8, 8] = 1
    torch.testing.assert_close(rotate(x, seed())[:, :, 8, 8], torch.ones(8, 3))


def test_cutout_cuts_a_square_of_half_the_side() -> None:
    empty = cutout(torch.ones(300, 3, 16, 16), seed())[:, 0] == 0
    assert int(empty.flatten(1).sum(1).max()) == 64
    assert (empty.any(2).sum(1) * empty.any(1).sum(1) == empty.flatten(1).sum(1)).all()


def test_jitter_leaves_grey_grey_and_lighting_adds_one_colour() -> None:
    grey = torch.full((8, 3, 4, 4), -1.0)  # black: brightness, contrast and saturation keep it
    torch.testing.assert_close(jitter(grey, seed()), grey)
    added = lighting(X, seed()) - X
    torch.testing.assert_close(added, added[:, :, :1, :1].expand_as(added), atol=1e-6, rtol=0)


def test_cutmix_takes_the_box_from_the_others_and_counts_it() -> None:
    x = torch.arange(64.0)[:, None, None, None].expand(64, 3, 16, 16)
    shares = []
    for k in range(300):
        mixed, others, kept = mix(x, seed(k))
        own = mixed == x
        theirs = mixed == others[:, None, None, None]
        assert (own | theirs).all()
        moved = others != torch.arange(64)
        assert own[moved].float().mean() == pytest.approx(kept, abs=1e-6)
        shares.append(kept)
    assert 0.55 < sum(shares) / 300 < 0.75  # 1/2 without clipping at the edges, more with it
