"""Solids: shaded 3-D shapes, rendered here, with known modes inside every class.

A scene is one solid above a floor. Its class is the shape; its *mode* is the material crossed
with the floor, in a long-tailed mix (`SHARES`), so that how many modes of a class a handful of
images keeps can be counted instead of estimated. Which mode is common differs from class to class.

A pixel is found by sphere tracing a signed distance function f (Hart, 1996): a ray walks from
the eye in steps of f(p), which cannot pass through the surface. Shadows walk the same way
toward the light and remember how narrowly they missed (Quilez's penumbra estimate).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["CLASSES", "FLOORS", "MATERIALS", "MODES", "SHARES", "Scenes", "draw", "render"]

CLASSES = (
    "sphere", "cube", "cylinder", "cone", "torus",
    "capsule", "pyramid", "octahedron", "star", "cross",
)  # fmt: skip
MATERIALS = ("matte", "glossy", "striped", "checkered")
FLOORS = ("plain", "tiles", "planks")
MODES = tuple(f"{material} on {floor}" for material in MATERIALS for floor in FLOORS)
SHARES = (0.30, 0.18, 0.12, 0.09, 0.075, 0.06, 0.05, 0.04, 0.032, 0.025, 0.017, 0.011)

SIZE = 64
SPHERE, CUBE, CYLINDER, CONE, TORUS, CAPSULE, PYRAMID, OCTAHEDRON, STAR, CROSS = range(10)
MATTE, GLOSSY, STRIPED, CHECKERED = range(4)
PLAIN, TILES, PLANKS = range(3)

FLOOR_HEIGHT = -0.80
# The radius of a sphere around each solid at scale 1.
BOUNDS = (0.65, 0.86, 0.76, 0.90, 0.70, 0.73, 0.92, 0.81, 0.82, 0.75)
EYE = (0.0, 0.62, 3.2)
S36, C36 = math.sin(math.pi / 5), math.cos(math.pi / 5)
FIELD_OF_VIEW = 0.335  # half the picture's width at distance 1


class Scenes(NamedTuple):
    """n scenes: what `render` needs to draw them."""

    labels: NDArray[np.int64]  # (n,) class
    modes: NDArray[np.int64]  # (n,) mode: material * 3 + floor
    pose: NDArray[np.float64]  # (n, 9) rotation from object to world, row by row
    place: NDArray[np.float64]  # (n, 4) x, y, z and scale
    light: NDArray[np.float64]  # (n, 3) unit vector toward the light
    colours: NDArray[np.float64]  # (n, 3, 3) solid, its second colour, surroundings


def draw(label: int, n: int, seed: int) -> Scenes:
    """Draws n scenes of a class. The modes come in exact shares (largest remainder), shuffled."""
    rng = np.random.default_rng([seed, label])

    def u(low: float, high: float) -> NDArray[np.float64]:
        return rng.uniform(low, high, n)

    modes = rng.permutation(np.repeat(_mode_order(label), _counts(n)))
    yaw = u(-0.7, 0.7) if label == STAR else u(-math.pi, math.pi)
    pitch = u(0.35, 1.0) if label == TORUS else u(-0.25, 0.35)
    hue, value = u(0, 1), u(0.7, 1.0)
    azimuth = u(-1.15, 1.15)
    light = np.stack([np.sin(azimuth), u(0.9, 1.5), np.cos(azimuth)], -1)
    solid = _rgb(hue, u(0.55, 0.95), value)
    second = _rgb(hue + u(0.3, 0.7), u(0.45, 0.8), value * u(0.4, 0.9))
    around = _rgb(hue + u(0.3, 0.7), u(0.08, 0.32), u(0.78, 0.97))
    return Scenes(
        labels=np.full(n, label),
        modes=modes,
        pose=_rotation(yaw, pitch, u(-0.35, 0.35)),
        place=np.stack([u(-0.2, 0.2), u(-0.06, 0.08), u(-0.2, 0.15), u(0.88, 1.14)], -1),
        light=light / np.linalg.norm(light, axis=-1, keepdims=True),
        colours=np.stack([solid, second, around], 1),
    )


def render(scenes: Scenes, size: int = SIZE) -> NDArray[np.uint8]:
    """Renders scenes: (n, size, size, 3), 8 bits, deterministic."""
    out = np.empty((len(scenes.labels), size, size, 3), np.uint8)
    _render(*scenes, out)
    return out


def _counts(n: int) -> NDArray[np.int64]:
    exact = np.asarray(SHARES) * n
    counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return counts


def _mode_order(label: int) -> NDArray[np.int64]:
    """The modes of a class from common to rare."""
    return np.random.default_rng([2025, label]).permutation(len(MODES))


def _rgb(
    hue: NDArray[np.float64], saturation: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    k = (np.array([5.0, 3.0, 1.0]) + hue[:, None] * 6) % 6
    chroma = saturation[:, None] * np.clip(np.minimum(k, 4 - k), 0, 1)
    rgb: NDArray[np.float64] = value[:, None] * (1 - chroma)
    return rgb


def _rotation(
    yaw: NDArray[np.float64], pitch: NDArray[np.float64], roll: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turns about the solid's own axis, then leans sideways, then toward the eye: (n, 9)."""
    o, l = np.zeros_like(yaw), np.ones_like(yaw)  # noqa: E741
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (yaw, pitch, roll))
    turn = np.stack([cy, o, sy, o, l, o, -sy, o, cy], -1).reshape(-1, 3, 3)
    lean = np.stack([cr, -sr, o, sr, cr, o, o, o, l], -1).reshape(-1, 3, 3)
    nod = np.stack([l, o, o, o, cp, -sp, o, sp, cp], -1).reshape(-1, 3, 3)
    rows: NDArray[np.float64] = (nod @ lean @ turn).reshape(-1, 9)
    return rows


# ---------------------------------------------------------------------------------------------
# Compiled from here on. Points are scalars x, y, z: numba keeps them in registers.


@njit(cache=True)
def _length(x, y):  # type: ignore[no-untyped-def]
    return math.sqrt(x * x + y * y)


@njit(cache=True)
def _box(x, y, z, a, b, c):  # type: ignore[no-untyped-def]
    x, y, z = abs(x) - a, abs(y) - b, abs(z) - c
    outside = math.sqrt(max(x, 0.0) ** 2 + max(y, 0.0) ** 2 + max(z, 0.0) ** 2)
    return outside + min(max(x, y, z), 0.0)


@njit(cache=True)
def _segment(x, y, ax, ay, bx, by):  # type: ignore[no-untyped-def]
    """Signed distance of (x, y) to the line through a and b, positive on its left side."""
    ex, ey = bx - ax, by - ay
    h = min(max(((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey), 0.0), 1.0)
    dx, dy = x - ax - h * ex, y - ay - h * ey
    side = ex * (y - ay) - ey * (x - ax)
    return math.copysign(math.sqrt(dx * dx + dy * dy), side)


@njit(cache=True)
def _extrude(d, height, rounding):  # type: ignore[no-untyped-def]
    return min(max(d, height), 0.0) + _length(max(d, 0.0), max(height, 0.0)) - rounding


@njit(cache=True)
def _distance(label, x, y, z):  # type: ignore[no-untyped-def]
    """A lower bound, tight near the surface, of the distance to the solid of a class."""
    if label == SPHERE:
        return math.sqrt(x * x + y * y + z * z) - 0.64
    if label == CUBE:
        return _box(x, y, z, 0.44, 0.44, 0.44) - 0.05
    if label == CYLINDER:
        return _extrude(_length(x, z) - 0.38, abs(y) - 0.55, 0.05)
    if label == CONE:
        slope = _segment(_length(x, z), y, 0.60, -0.58, 0.0, 0.66)
        return max(-slope, -0.58 - y) - 0.03
    if label == TORUS:
        return _length(_length(x, z) - 0.49, y) - 0.20
    if label == CAPSULE:
        y -= min(max(y, -0.38), 0.38)
        return math.sqrt(x * x + y * y + z * z) - 0.34
    if label == PYRAMID:
        return max(max(abs(x), abs(z)) * 0.9104 + (y - 0.60) * 0.4138, -0.50 - y) - 0.02
    if label == OCTAHEDRON:
        return (abs(x) + abs(y) + abs(z) - 0.80) * 0.57735
    if label == STAR:
        for _ in range(2):  # mirrors fold the plane into the tenth to the right of the upper tip
            x = abs(x)
            beyond = 2 * max(C36 * x - S36 * y, 0.0)
            x, y = x - beyond * C36, y + beyond * S36
        d = _segment(abs(x), y, 0.0, 0.74, 0.34 * S36, 0.34 * C36)
        return _extrude(d, abs(z) - 0.13, 0.05)
    arm = min(_box(x, y, z, 0.66, 0.16, 0.16), _box(x, y, z, 0.16, 0.66, 0.16))
    return min(arm, _box(x, y, z, 0.16, 0.16, 0.66)) - 0.03


@njit(cache=True)
def _inward(pose, x, y, z):  # type: ignore[no-untyped-def]
    """A direction of the world, in object coordinates."""
    return (
        pose[0] * x + pose[3] * y + pose[6] * z,
        pose[1] * x + pose[4] * y + pose[7] * z,
        pose[2] * x + pose[5] * y + pose[8] * z,
    )


@njit(cache=True)
def _outward(pose, x, y, z):  # type: ignore[no-untyped-def]
    """A direction in object coordinates, in the world."""
    return (
        pose[0] * x + pose[1] * y + pose[2] * z,
        pose[3] * x + pose[4] * y + pose[5] * z,
        pose[6] * x + pose[7] * y + pose[8] * z,
    )


@njit(cache=True)
def _bounds(label, x, y, z, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Where a ray enters and leaves the sphere around the solid; (1, 0) if it misses."""
    b = x * dx + y * dy + z * dz
    h = b * b - (x * x + y * y + z * z) + BOUNDS[label] ** 2
    if h <= 0:
        return 1.0, 0.0
    h = math.sqrt(h)
    return max(-b - h, 0.0), h - b


@njit(cache=True)
def _march(label, x, y, z, dx, dy, dz):  # type: ignore[no-untyped-def]
    """The distance along a ray to the solid, or -1; all in object coordinates."""
    t, end = _bounds(label, x, y, z, dx, dy, dz)
    for _ in range(48):
        if t > end:
            return -1.0
        d = _distance(label, x + dx * t, y + dy * t, z + dz * t)
        if d < 0.002:
            return t
        t += d
    return -1.0


@njit(cache=True)
def _sunlight(label, x, y, z, lx, ly, lz):  # type: ignore[no-untyped-def]
    """The share of light that reaches a point: 0 in the umbra, 1 in the open."""
    t, end = _bounds(label, x, y, z, lx, ly, lz)
    t, least = max(t, 0.02), 1.0
    for _ in range(24):
        if t > end:
            break
        d = _distance(label, x + lx * t, y + ly * t, z + lz * t)
        if d < 0.001:
            return 0.0
        least = min(least, 8 * d / t)
        t += max(d, 0.03)
    return least * least * (3 - 2 * least)


@njit(cache=True)
def _surroundings(floor, label, pose, place, sun, around, x, y, z, dx, dy, dz, out):  # type: ignore[no-untyped-def]
    """The colour of the floor, or of the sky, that a ray of the world meets."""
    shade = 0.72 + 0.28 * min(max(1.5 * dy + 0.65, 0.0), 1.0)
    for k in range(3):
        out[k] = around[k] * shade
    t = (FLOOR_HEIGHT - y) / dy if dy < 0 else -1.0
    if t <= 0 or t > 9:
        return
    px, pz = x + dx * t, z + dz * t
    ox, oy, oz = px - place[0], FLOOR_HEIGHT - place[1], pz - place[2]
    ox, oy, oz = _inward(pose, ox / place[3], oy / place[3], oz / place[3])
    shine = 0.44 + 0.56 * _sunlight(label, ox, oy, oz, sun[0], sun[1], sun[2])
    if ox * ox + oy * oy + oz * oz < 1.6:
        near = _distance(label, ox, oy, oz) / 0.35
        shine *= 0.72 + 0.28 * min(max(near, 0.0), 1.0)
    tint = (1.0, 1.0, 1.0)
    if floor == TILES and (math.floor(px * 2.2) + math.floor(pz * 2.2)) % 2 != 0:
        tint = (0.66, 0.66, 0.68)
    if floor == PLANKS:
        tint = (0.96, 0.80, 0.60) if math.floor(px * 3.1) % 2 != 0 else (1.0, 0.91, 0.76)
        if px * 3.1 - math.floor(px * 3.1) < 0.10:
            tint = (0.62, 0.50, 0.38)
    haze = min(max((t - 3.0) / 5.0, 0.0), 1.0)
    for k in range(3):
        out[k] = around[k] * 0.94 * tint[k] * shine * (1 - haze) + out[k] * haze


@njit(cache=True)
def _is_second(label, material, x, y, z):  # type: ignore[no-untyped-def]
    """Whether the pattern shows the second colour at a point in object coordinates."""
    if material == STRIPED:
        return math.sin(5 * math.atan2(x, z) if label == TORUS else 7.5 * y + 2.5 * x) > 0
    if material == CHECKERED:
        x, y, z = x * 3.1 + 0.13, y * 3.1 + 0.13, z * 3.1 + 0.13
        return (math.floor(x) + math.floor(y) + math.floor(z)) % 2 != 0
    return False


@njit(cache=True)
def _normal(label, x, y, z):  # type: ignore[no-untyped-def]
    e = 0.003
    a = _distance(label, x + e, y - e, z - e)
    b = _distance(label, x - e, y - e, z + e)
    c = _distance(label, x - e, y + e, z - e)
    d = _distance(label, x + e, y + e, z + e)
    nx, ny, nz = a - b - c + d, c - a - b + d, b - a - c + d
    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
    return nx / size, ny / size, nz / size


@njit(cache=True)
def _solid(label, mode, pose, place, sun, colours, x, y, z, dx, dy, dz, out, other):  # type: ignore[no-untyped-def]
    """The colour of the solid at (x, y, z), seen along (dx, dy, dz); object coordinates."""
    nx, ny, nz = _normal(label, x, y, z)
    shine = nx * sun[0] + ny * sun[1] + nz * sun[2]
    if shine > 0:
        shine *= _sunlight(
            label, x + nx * 0.01, y + ny * 0.01, z + nz * 0.01, sun[0], sun[1], sun[2]
        )
    shine = max(shine, 0.0)
    hollow = 0.0
    for i in range(1, 4):
        h = 0.07 * i
        hollow += max(h - _distance(label, x + nx * h, y + ny * h, z + nz * h), 0.0) / i
    upward = _outward(pose, nx, ny, nz)[1]
    ambient = (0.34 + 0.12 * upward) * max(1 - 2.2 * hollow, 0.25)
    paint = colours[1 if _is_second(label, mode // 3, x, y, z) else 0]
    for k in range(3):
        out[k] = paint[k] * (ambient + 0.74 * shine)

    view = -(nx * dx + ny * dy + nz * dz)
    rx, ry, rz = dx + 2 * view * nx, dy + 2 * view * ny, dz + 2 * view * nz
    glint = max(rx * sun[0] + ry * sun[1] + rz * sun[2], 0.0) * min(4 * shine, 1.0)
    if mode // 3 != GLOSSY:
        for k in range(3):
            out[k] += 0.05 * glint**8
        return
    mirror = 0.24 + 0.68 * (1 - min(max(view, 0.0), 1.0)) ** 4
    x, y, z = _outward(pose, x + nx * 0.02, y + ny * 0.02, z + nz * 0.02)
    x, y, z = x * place[3] + place[0], y * place[3] + place[1], z * place[3] + place[2]
    rx, ry, rz = _outward(pose, rx, ry, rz)
    _surroundings(mode % 3, label, pose, place, sun, colours[2], x, y, z, rx, ry, rz, other)
    for k in range(3):
        out[k] = out[k] * (1 - mirror) + other[k] * mirror + 0.9 * glint**28


@njit(cache=True)
def _trace(label, mode, pose, place, sun, colours, px, py, out, other):  # type: ignore[no-untyped-def]
    """The colour seen through the point (px, py) of the picture, each in -1 ... 1."""
    # The eye looks slightly down, at the middle of the space above the floor.
    fy, fz = -(EYE[1] + 0.06) / 3.27, -EYE[2] / 3.27
    dx = px * FIELD_OF_VIEW
    dy = fy - py * FIELD_OF_VIEW * fz
    dz = fz + py * FIELD_OF_VIEW * fy
    size = math.sqrt(dx * dx + dy * dy + dz * dz)
    dx, dy, dz = dx / size, dy / size, dz / size
    x, y, z = EYE[0] - place[0], EYE[1] - place[1], EYE[2] - place[2]
    x, y, z = _inward(pose, x / place[3], y / place[3], z / place[3])
    ox, oy, oz = _inward(pose, dx, dy, dz)
    t = _march(label, x, y, z, ox, oy, oz)
    if t > 0:
        x, y, z = x + ox * t, y + oy * t, z + oz * t
        _solid(label, mode, pose, place, sun, colours, x, y, z, ox, oy, oz, out, other)
    else:
        x, y, z = EYE
        _surroundings(mode % 3, label, pose, place, sun, colours[2], x, y, z, dx, dy, dz, out)


@njit(cache=True)
def _is_edge(sketch, i, j):  # type: ignore[no-untyped-def]
    size = sketch.shape[0]
    for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
        if 0 <= a < size and 0 <= b < size:
            for k in range(3):
                if abs(sketch[a, b, k] - sketch[i, j, k]) > 0.06:
                    return True
    return False


@njit(cache=True)
def _picture(label, mode, pose, place, light, colours, out):  # type: ignore[no-untyped-def]
    """One ray a pixel, then four more wherever the picture changes from pixel to pixel."""
    size = out.shape[0]
    sun = _inward(pose, light[0], light[1], light[2])
    sketch, colour, other = np.zeros((size, size, 3)), np.zeros(3), np.zeros(3)
    for i in range(size):
        for j in range(size):
            px, py = (2 * j + 1 - size) / size, (size - 2 * i - 1) / size
            _trace(label, mode, pose, place, sun, colours, px, py, sketch[i, j], other)
    for i in range(size):
        for j in range(size):
            pixel = (
                min(sketch[i, j, 0], 1.0),
                min(sketch[i, j, 1], 1.0),
                min(sketch[i, j, 2], 1.0),
            )
            if _is_edge(sketch, i, j):
                r, g, b = 0.0, 0.0, 0.0
                for s in range(4):  # a rotated 2 x 2 grid inside the pixel
                    u, v = s % 2 - 0.5, s // 2 - 0.5
                    px = (2 * j + 1 + u + 0.5 * v - size) / size
                    py = (size - 2 * i - 1 - v + 0.5 * u) / size
                    _trace(label, mode, pose, place, sun, colours, px, py, colour, other)
                    r, g, b = (
                        r + min(colour[0], 1.0),
                        g + min(colour[1], 1.0),
                        b + min(colour[2], 1.0),
                    )
                pixel = (r / 4, g / 4, b / 4)
            for k in range(3):
                out[i, j, k] = np.uint8(255 * max(pixel[k], 0.0) ** (1 / 1.15) + 0.5)


@njit(cache=True, parallel=True)
def _render(labels, modes, pose, place, light, colours, out):  # type: ignore[no-untyped-def]
    for n in prange(out.shape[0]):
        _picture(labels[n], modes[n], pose[n], place[n], light[n], colours[n], out[n])
