import pytest

from pngnat.errors import PngnatError, extra_needed


def test_a_missing_package_is_one_line_with_its_extra():
    with (
        pytest.raises(PngnatError, match=r'no_such_package is not installed: pip install "pngnat\[serve\]"'),
        extra_needed("serve"),
    ):
        import no_such_package  # noqa: F401


def test_a_missing_module_of_our_own_is_a_fault_of_ours():
    with pytest.raises(ModuleNotFoundError), extra_needed("serve"):
        import pngnat.no_such_module  # noqa: F401
