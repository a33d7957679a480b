"""Every call that could run code of a file or of a model folder is listed here, with its protection."""

from __future__ import annotations

import ast
from pathlib import Path

import semeval_emo

PACKAGE = Path(semeval_emo.__file__).parent
# Methods and functions of any library that load models, data or objects, or import or run code.
NAMES = {
    "from_pretrained", "from_config", "load_dataset", "pipeline", "get_class_from_dynamic_module", "snapshot_download",
    "hf_hub_download", "import_module", "__import__", "eval", "exec", "compile", "spec_from_file_location",
    "read_pickle", "to_pickle", "from_tf", "SentenceTransformer", "PeftModel", "load_adapter",
    "unsafe_load", "full_load", "Unpickler", "torch_load", "get_kernel", "from_string",
}  # fmt: skip
# Functions named `load` or `loads` that read more than JSON or TOML.
LOADERS = {
    "torch",
    "np",
    "numpy",
    "pickle",
    "joblib",
    "skops",
    "io",
    "cloudpickle",
    "dill",
    "marshal",
    "shelve",
    "yaml",
}

SAFE = {
    "tables/containers.py": ["np.load(io.BytesIO(body), allow_pickle=False)"],
    "zoo/engine/pretrained.py": [
        "AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)",
        "AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)",
        "auto_class.from_pretrained(folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, "
        "output_loading_info=True, ignore_mismatched_sizes=new_head, **arguments)",
        "auto_class.from_config(load_config(folder), trust_remote_code=False)",
    ],
    "zoo/backbones/weights.py": [
        "AutoModelForCausalLM.from_pretrained(archive.parent, gguf_file=archive.name, output_loading_info=True, "
        "trust_remote_code=False)",
        "AutoTokenizer.from_pretrained(archive.parent, gguf_file=archive.name, trust_remote_code=False)",
        # Files only, of the kinds in MODEL_FILES; what is in them is loaded by `pretrained`.
        "snapshot_download(name, local_files_only=True, allow_patterns=list(patterns))",
        "snapshot_download(name, allow_patterns=list(patterns))",
    ],
    # Only tensors and plain containers.
    "zoo/engine/checkpoint.py": ["torch.load(self.file, map_location='cpu', weights_only=True)"],
    # A file that this process has just written, in memory for a part of the data.
    "zoo/engine/vector_cache.py": ["np.load(shard, allow_pickle=False)"],
    "zoo/runs/finished.py": ["np.load(path, allow_pickle=False)"],
    # skops refuses every type that is not in its list or in TRUSTED_TYPES.
    "zoo/families/tfidf.py": ["io.load(path, trusted=TRUSTED_TYPES)"],
    # datasets from 4.0 on has no parameter trust_remote_code: it runs no script of a repository.
    "data/hub.py": ["datasets.load_dataset(repository, language, revision=revision)"],
    # Constants of the package: the names of its own modules.
    "__init__.py": ["importlib.import_module(f'semeval_emo.{name}')", "importlib.import_module(_HOME[name])"],
    "bundle/__init__.py": ["importlib.import_module(f'semeval_emo.bundle.{_LAZY[name]}')"],
    "cli/__init__.py": ["importlib.import_module(f'semeval_emo.cli.{group}')"],
    "scoring/__init__.py": ["importlib.import_module(f'semeval_emo.scoring.{_LAZY[name]}')"],
    "submission/__init__.py": ["importlib.import_module(f'semeval_emo.submission.{_LAZY[name]}')"],
    # A recipe names a family, which is a key of FAMILIES.
    # Functions of this package, written out as C++ by torch.
    "zoo/engine/compiled.py": ["torch.compile(function, dynamic=True, options={'cpp.dynamic_threads': True})"],
    "zoo/registry.py": ["importlib.import_module(module)"],
    # One of the names in TrackerName, which the user gives.
    "zoo/training/tracking.py": ["importlib.import_module(name)"],
}


def is_listed(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in NAMES
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    # re.compile, and networks in evaluation mode.
    if function.attr in ("compile", "eval"):
        return owner != "re" and bool(call.args)
    if function.attr == "import_module" and isinstance(call.args[0], ast.Constant):
        return False
    return function.attr in NAMES or (function.attr in ("load", "loads") and owner in LOADERS)


def calls() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and is_listed(node):
                found.setdefault(path.relative_to(PACKAGE).as_posix(), []).append(ast.unparse(node))
    return found


def test_every_call_that_could_run_code_of_others_is_listed():
    assert {path: sorted(lines) for path, lines in calls().items()} == {
        path: sorted(lines) for path, lines in SAFE.items()
    }


def test_every_call_of_transformers_refuses_code():
    for path, lines in calls().items():
        for line in lines:
            if "from_pretrained(" in line or "from_config(" in line:
                assert "trust_remote_code=False" in line, (path, line)


def test_a_new_call_is_found():
    tree = ast.parse("AutoModel.from_pretrained(x)\npickle.load(f)\neval(text)\nnetwork.model.eval()\nre.compile(x)")
    assert [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Call) and is_listed(n)][:3] == [
        "AutoModel.from_pretrained(x)", "pickle.load(f)", "eval(text)",
    ]  # fmt: skip
