"""Imports point one way, and nothing heavy happens at import."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

LAYERS = [
    {"errors", "event", "memory", "torchvision_shim"},
    {"checkpoint", "image", "kernel", "limits", "prior_spec", "schedule", "solids"},
    {"disk", "download", "picture", "progress", "tree"},
    {"pictures"},
    {"photographs"},
    {"augment", "compiled", "data", "discrepancy", "nets", "protocol", "sampler"},
    {"classifier", "guidance", "robustness", "score", "shelf"},
    {"evaluate", "judge", "prior", "privacy", "warm_start"},
    {"autoencoder", "transformer"},
    {"recipe", "reference", "train_prior", "difffit", "cache", "full", "ranking", "teacher"},
    {"distill", "own"},
    {"selection", "surrogate"},
    {"methods", "card"},
    {"request"},
    {"io"},
    {"upload"},
    {"__main__", "__init__"},
]
"""Each module may import from the layers above it in this list, never from its own or below."""


def imports(path: Path) -> set[str]:
    """The modules a file imports, relative ones by their first name inside distiller."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                found |= (
                    {f".{(node.module or '').split('.')[0]}"}
                    if node.module
                    else {f".{a.name}" for a in node.names}
                )
            else:
                found.add(node.module or "")
    return found


def rank(name: str) -> int:
    return next(i for i, layer in enumerate(LAYERS) if name in layer)


def test_every_module_has_a_layer_and_imports_only_from_above() -> None:
    seen = set()
    for path in sorted((ROOT / "distiller").rglob("*.py")):
        inside = path.parent.name == "methods"
        name = "methods" if inside else path.stem
        seen.add(name)
        for module in imports(path):
            if not module.startswith("."):
                continue
            other = module[1:]
            if other in {"methods"} | {p.stem for p in (ROOT / "distiller").glob("*.py")}:
                assert rank(other) < rank(name), f"{path.name} imports {other}"
    assert seen == set().union(*LAYERS)


def test_distiller_knows_no_plots_and_no_page() -> None:
    for path in (ROOT / "distiller").rglob("*.py"):
        for module in imports(path):
            assert module.split(".")[0] not in {"gradio", "plotly", "umap", "viz", "app"}, path


def test_viz_knows_no_gradio() -> None:
    for path in (ROOT / "viz").rglob("*.py"):
        assert not {m.split(".")[0] for m in imports(path)} & {"gradio", "app"}, path


def test_the_library_imports_nothing_heavy() -> None:
    heavy = ["diffusers", "timm", "umap", "sklearn", "numba", "gradio", "plotly", "torchvision"]
    code = f"import sys, distiller; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_export_exists() -> None:
    import distiller

    assert len(set(distiller.__all__)) == len(distiller.__all__)
    for name in distiller.__all__:
        assert getattr(distiller, name) is not None
