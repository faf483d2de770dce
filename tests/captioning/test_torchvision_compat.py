"""The healing runs in processes of its own: an import can be broken only once."""

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_backbones_are_there_whatever_torchvision_was_built_for() -> None:
    output = run("""
        from captioning.torchvision_compat import torchvision
        import torchvision as again
        assert again is torchvision
        print(type(torchvision.models.resnet18(weights=None)).__name__)
    """)
    assert output == "ResNet"


BROKEN = """
    import sys, types, importlib.abc, importlib.util
    import torch
    tries = []

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name, path=None, target=None):
            if name == "torchvision":
                return importlib.util.spec_from_loader(name, self)

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            tries.append(module)
            {body}

    sys.meta_path.insert(0, Finder())
"""


def test_a_healthy_pair_is_imported_once_and_untouched() -> None:
    setup = BROKEN.format(body="pass")
    output = run(
        textwrap.dedent(setup)
        + textwrap.dedent("""
            from captioning import torchvision_compat as compat
            assert compat.torchvision is tries[0]
            print(len(tries), compat._declared, hasattr(torch.ops.torchvision, "nms"))
        """)
    )
    assert output == "1 [] False"


def test_missing_operators_are_declared_and_the_import_tried_again() -> None:
    body = 'torch._C._dispatch_has_kernel_for_dispatch_key("torchvision::nms", "Meta")'
    setup = BROKEN.format(body=body)
    output = run(
        textwrap.dedent(setup)
        + textwrap.dedent("""
            from captioning import torchvision_compat as compat
            print(len(tries), compat.torchvision is tries[1], torch.ops.torchvision.nms.default)
        """)
    )
    assert output == "2 True torchvision.nms.default"


def test_any_other_failure_is_not_hidden() -> None:
    setup = BROKEN.format(body='raise RuntimeError("something else")')
    output = run(
        textwrap.dedent(setup)
        + textwrap.dedent("""
            try:
                import captioning.torchvision_compat
            except RuntimeError as error:
                print(error)
        """)
    )
    assert output == "something else"
