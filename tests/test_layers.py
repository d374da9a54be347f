"""Imports point one way, and nothing heavy happens at import."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

LAYERS = [
    ["errors", "event", "image", "version", "limits", "progress"],
    [
        "machine.assets", "machine.lock", "machine.seal", "machine.disk", "machine.arrays",
        "machine.weights", "machine.json_file", "machine.malloc",
        "machine.torchvision_shim", "machine.web", "machine.hub", "machine.workers",
        "machine.room", "machine.replicas", "machine.checkpoint",
        "machine.compiler_cache", "machine.compiled", "machine.device",
    ],
    [
        "data.solids", "data.picture", "data.tree", "data.file_names", "data.zip_file",
        "data.tar_file", "data.archive", "data.report", "data.metadata", "data.splits",
        "data.layout", "data.class_list", "data.class_folders", "data.streamed",
        "data.apart", "data.photographs", "data.imagenet", "data.dataset", "data.registry",
        "data.sized", "data.models",
    ],
    [
        "diffusion.schedule", "diffusion.sampler", "diffusion.guidance", "diffusion.pipeline",
        "diffusion.outline", "diffusion.codec", "diffusion.compiled_blocks",
        "diffusion.prior", "diffusion.original",
    ],
    [
        "scores.kernel", "scores.measures", "scores.discrepancy", "scores.score", "scores.pairs",
        "scores.judge", "scores.efficientnet", "scores.reference", "scores.independent",
    ],
    [
        "recipes.gaussian_mechanism", "recipes.cache", "recipes.recipe", "recipes.loop",
        "recipes.selection", "recipes.surrogate", "recipes.difffit",
    ],
    ["methods"],
    ["lab"],
    [
        "evaluation.protocol", "evaluation.augmentation", "evaluation.nets",
        "evaluation.classifier", "evaluation.plan", "evaluation.result", "evaluation.ongoing",
        "evaluation.accuracy", "evaluation.pretrained", "evaluation.published",
        "evaluation.full_data", "evaluation.ranking", "evaluation.robustness",
        "evaluation.privacy", "evaluation.teacher", "evaluation.comparison", "evaluation.study",
    ],
    [
        "training.spec", "training.warm_start", "training.muon", "training.routing",
        "training.autoencoder", "training.decoder", "training.transformer",
        "training.prior", "training.memorisation", "training.quality", "training.gates",
        "training.card", "training.own", "training.prepare", "training.fits",
        "training.shipment",
    ],
    [
        "sets.preset", "sets.request", "sets.forecast", "sets.distilled", "sets.class_images",
        "sets.folder", "sets.measured", "sets.scoring", "sets.repetition", "sets.card",
        "sets.writer", "sets.together", "sets.upload",
    ],
    ["__init__"],
    ["commands"],
    ["__main__"],
]  # fmt: skip
"""The rooms of the house, a line each. A module may import from the rooms above its own, and from
the modules before it in its own room."""

FOUND = ("methods", "commands")


VIZ = [
    [
        "payloads.papers", "payloads.study", "payloads.compare", "payloads.guess",
        "payloads.whole", "payloads.sweep", "payloads.map", "payloads.taken", "payloads.tour",
        "payloads.gallery", "payloads.words", "payloads.page", "payloads",
    ],
    ["declarations", "words", "settings", "tier"],
    ["draw.preview", "draw.embedding", "draw.witness", "draw.figures", "draw.steps"],
    ["catalogue"],
    [
        "serving.kept", "serving.held", "serving.job", "serving.line", "serving.ahead",
        "serving.rates", "serving.beforehand", "serving.zero_gpu", "serving.key",
        "serving.desk", "serving.ticket", "serving.run_group",
    ],
    ["papers_prior"],
    ["evaluate.candidate", "evaluate.board", "evaluate.accuracy"],
    ["training"],
    [
        "visitor.turn", "visitor.look", "visitor.link", "visitor.session", "visitor.coming_back",
        "visitor.visit",
    ],
    [
        "compare.lineup", "compare.lanes", "compare.whole_scores", "compare.whole_set",
        "compare.whole",
    ],
    ["results.papers", "results.study", "results.pieces"],
    ["guess.question", "guess.answer", "guess.game"],
    ["tour"],
    ["sweep.grid", "sweep.link", "sweep.cells"],
    ["take.parcel", "take.embedding_atlas", "take.taken"],
    ["endpoints", "shipped"],
    [
        "page.scripts", "page.alive", "page.guard", "page.stray",
        "page.answer", "page.document", "page.files", "page.states",
        "page.refusal", "page.blocks", "page.frame", "page.run", "page.tab",
        "page.tour", "page.form", "page.whole", "page.tabs", "page.api", "page.app",
    ],
]  # fmt: skip
"""The rooms of viz: a module may import those before it."""


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


def modules() -> dict[str, Path]:
    """Every module of distiller by its name in LAYERS, but for those that only export.

    A package whose files are found by their names counts as one module.
    """
    root = ROOT / "distiller"
    found = {}
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).with_suffix("")
        if inside.parts[0] in FOUND:
            found.setdefault(inside.parts[0], path)
        elif len(inside.parts) == 1 or inside.name != "__init__":
            found[".".join(inside.parts)] = path
    return found


def targets(path: Path, name: str) -> set[str]:
    """The modules of distiller, by their name in LAYERS, that a module imports."""
    room = name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            inside = node.level == 1 and room
            prefix = f"{room}." if inside else ""
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {prefix + str(module) for module in names}
    return {module.partition(".")[0] if module.startswith(FOUND) else module for module in found}


def test_every_module_has_a_layer_and_imports_only_from_above() -> None:
    ranks = {name: (i, j) for i, room in enumerate(LAYERS) for j, name in enumerate(room)}
    found = modules()
    assert set(found) == set(ranks)
    for name, path in found.items():
        if name in FOUND:
            continue
        for other in targets(path, name):
            assert other in ranks, f"{path}: {other} is no module of distiller"
            assert ranks[other] < ranks[name], f"{path}: {name} imports {other}"


def test_methods_import_only_what_lies_above_them() -> None:
    rooms = [room[0].partition(".")[0] for room in LAYERS]
    above = {"machine", "data", "diffusion", "scores", "recipes", *LAYERS[0]}
    assert set(rooms[: rooms.index("methods")]) <= above
    for path in sorted((ROOT / "distiller" / "methods").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                assert str(node.module).partition(".")[0] in above, f"{path}: {node.module}"
            elif isinstance(node, ast.ImportFrom) and node.level == 1:
                raise AssertionError(f"{path}: one method imports another")


def test_one_group_of_commands_imports_no_other() -> None:
    for path in sorted((ROOT / "distiller" / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                shared = node.module == "command" or str(node.module).endswith("_report")
                assert shared, f"{path}: {node.module}"


def test_a_package_exports_what_its_modules_do_and_shadows_none() -> None:
    rooms = [("distiller", room) for room in LAYERS[1:]] + [("viz", room) for room in VIZ[1:-1]]
    for top, room in rooms:
        package = room[0].partition(".")[0]
        if "." not in room[0]:
            continue
        exported = importlib.import_module(f"{top}.{package}")
        names = {name.partition(".")[2] for name in room}
        assert not names & set(exported.__all__), package
        assert exported.__doc__
        for name in exported.__all__:
            assert getattr(exported, name) is not None


def test_distiller_knows_no_plots_and_no_page_but_in_two_commands() -> None:
    knowing = {ROOT / "distiller/commands" / name for name in ("page.py", "prepare.py")}
    for path in (ROOT / "distiller").rglob("*.py"):
        foreign = {m.split(".")[0] for m in imports(path)} & {
            "gradio", "plotly", "umap", "viz", "app"
        }  # fmt: skip
        assert foreign == ({"viz"} if path in knowing else set()), path


def test_gradio_is_known_in_the_page_alone() -> None:
    for path in (ROOT / "viz").rglob("*.py"):
        if path.is_relative_to(ROOT / "viz" / "page"):
            continue
        assert not {m.split(".")[0] for m in imports(path)} & {"gradio", "app"}, path


def viz_imports(path: Path) -> set[str]:
    """The modules of viz, by their name inside it, that a module of viz imports."""
    package = path.relative_to(ROOT / "viz").parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            inside = (*base, *(node.module.split(".") if node.module else ()))
            if (
                inside not in (("payloads",), ("page", "tabs"))
                and (ROOT / "viz" / Path(*inside)).is_dir()
            ):
                found |= {".".join((*inside, alias.name)) for alias in node.names}
            else:
                found.add(".".join(inside))
    return found


def test_viz_imports_in_one_order_and_no_tab_knows_another() -> None:
    order = [name for room in VIZ for name in room]
    ranks = {name: rank for rank, name in enumerate(order)}
    found = {}
    for path in sorted((ROOT / "viz").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT / "viz").with_suffix("").parts)
        name = name.removesuffix(".__init__")
        if name.startswith("page.tabs"):
            assert not {m for m in viz_imports(path) if m.startswith("page.tabs")}, path
            name = "page.tabs"
        found[path] = name
    exporting = {room[0].partition(".")[0] for room in VIZ if "." in room[0]} - {"payloads"}
    assert set(found.values()) - {"__init__"} - exporting == set(ranks)
    for path, name in found.items():
        for other in viz_imports(path):
            assert other in ranks, f"{path}: {other} is no module of viz"
            assert ranks[other] < ranks.get(name, len(order)), f"{path}: {name} imports {other}"


def test_the_library_imports_nothing_heavy() -> None:
    heavy = ["diffusers", "timm", "umap", "sklearn", "numba", "gradio", "plotly", "torchvision"]
    code = f"import sys, distiller.__main__; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_export_exists() -> None:
    import distiller

    assert len(set(distiller.__all__)) == len(distiller.__all__)
    for name in distiller.__all__:
        assert getattr(distiller, name) is not None
