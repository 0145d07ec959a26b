"""What pyproject.toml has no words for: Windup's native library, which is built where there is a C compiler.

Its levels and its art are C code that windup/tools writes into the build folder; that needs numpy.
"""

import hashlib
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

ROOT = Path(__file__).parent
NATIVE, GAME, TOOLS = Path("windup/native"), Path("windup/src"), Path("windup/tools")


class BuildNative(build_ext):
    """Writes what is generated, then compiles it with the rest."""

    def build_extension(self, ext: Extension) -> None:
        folder = Path(self.build_temp) / "windup"
        generated = [str(file) for file in generate(folder)]
        ext.sources += [name for name in generated if name.endswith("assets.c")]
        ext.include_dirs.append(str(folder))
        ext.define_macros += [("WINDUP_NATIVE", "1"), ("WINDUP_BUILD", f"0x{digest(generated)}u")]
        super().build_extension(ext)


def generate(folder: Path) -> list[Path]:
    """Levels and art as C.

    Raises:
        CompileError: the tools or numpy are not there, so that an optional library is left out.
    """
    # A build backend does not look for modules beside this file.
    sys.path.insert(0, str(ROOT))
    try:
        from windup.leveling.level_file import read_levels
        from windup.tools.assets import write_assets
        from windup.tools.compile_levels import write_levels
    except ImportError as error:
        raise CompileError(f"what writes levels and art as C is not there: {error}") from error
    finally:
        sys.path.remove(str(ROOT))
    folder.mkdir(parents=True, exist_ok=True)
    write_assets(folder)
    write_levels(read_levels(), folder / "generated_levels.c")
    return [folder / name for name in ("assets.h", "assets.c", "generated_levels.c")]


def digest(generated: list[str]) -> str:
    """Of all sources, 16 hexadecimal digits: saved states are bound to it."""
    files = sorted([*ROOT.glob(f"{NATIVE}/*.[ch]"), *ROOT.glob(f"{GAME}/*.[ch]")]) + [Path(name) for name in generated]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()[:16]


setup(
    ext_modules=[
        Extension(
            "windup.native._core",
            sources=sorted(str(file.relative_to(ROOT)) for file in ROOT.glob(f"{NATIVE}/*.c")),
            depends=sorted(
                str(file.relative_to(ROOT)) for where in (NATIVE, GAME, TOOLS) for file in ROOT.glob(f"{where}/*.[ch]")
            ),
            include_dirs=[str(GAME), str(NATIVE)],
            extra_compile_args=["-std=gnu11", "-O3", "-fvisibility=hidden", "-pthread"],
            extra_link_args=["-pthread"],
            py_limited_api=True,
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildNative},
)
