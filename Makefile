# Everything runs from .venv; the stamp is renewed when a pin or a dependency changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Windup's native library, built anew when its sources change.
NATIVE := $(VENV)/.native

.PHONY: train check test bench game

train: $(STAMP) $(NATIVE)
	$(BIN)/sonic-worlds train $(ARGS)

# Style, types, and which package may import which.
.PHONY: style
style: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# What takes a minute or two: style, and the tests that neither start Ray nor take seconds.
check: style $(NATIVE)
	$(BIN)/python -m pytest -q -n 2 -m "not slow" $(ARGS)

test: style $(NATIVE)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

# What takes long to show: the native game beside the emulator on every frame of all 58 levels, every barrier, and
# four times as many frames and damaged states for sanitizers.
.PHONY: proof
proof: $(STAMP) $(NATIVE)
	SONIC_WORLDS_EVERY_LEVEL=1 $(BIN)/python -m pytest tests/windup/native/test_picture.py tests/windup/test_emulation.py \
		tests/windup/native/test_sanitizers.py tests/windup/test_levels.py

# The site of docs/ in build/site. A warning, such as a link that leads nowhere, is an error.
DOCS := .venv-docs
.PHONY: docs
docs: $(DOCS)/.installed
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict

$(DOCS)/.installed: requirements-docs.txt
	"$(PYTHON)" -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

# What of the pages is made from the code: references, the picture of the packages, tables of what was measured.
.PHONY: docs-generated
docs-generated: $(STAMP)
	$(BIN)/python -m docs.tools.references
	$(BIN)/python -m docs.tools.packages
	$(BIN)/python -m benchmarks.learning
	$(BIN)/python -m benchmarks.readme

bench: $(STAMP) $(NATIVE)
	$(BIN)/python -m benchmarks $(ARGS)

# ROM and start states of Windup; needs Debian's gcc-m68k-linux-gnu.
game: $(STAMP)
	$(BIN)/python -m windup.tools.build

.PHONY: game-gallery
game-gallery: $(STAMP)
	$(BIN)/python -m windup.tools.gallery docs/windup-levels.png
	$(BIN)/python -m windup.tools.maps
	$(BIN)/python -m windup.tools.level_map Playroom.Act1 docs/windup-playroom1.png --scale 4
	$(BIN)/python -m windup.tools.level_map Clockwork.Act4 docs/windup-clockwork4.png --scale 4

# A Python 3.8 with gym-retro 0.8.0, to host emulators: its own environment, for it installs on no newer Python.
PYTHON38 ?= python3.8
GYM_RETRO := .venv-gym-retro

.PHONY: gym-retro
gym-retro: $(GYM_RETRO)/.installed

$(GYM_RETRO)/.installed: requirements-gym-retro.txt
	"$(PYTHON38)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 8) and "gym-retro 0.8.0 needs Python 3.8")'
	"$(PYTHON38)" -m venv $(GYM_RETRO)
	$(GYM_RETRO)/bin/python -m pip install --quiet --disable-pip-version-check setuptools==65.5.0 wheel==0.37.1
	$(GYM_RETRO)/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -r $<
	touch $@

# Other trainers, to be measured beside ours: each in an environment of its own.
.PHONY: peers
peers: .venv-peers/rllib/.installed .venv-peers/sb3/.installed .venv-peers/sample-factory/.installed .venv-peers/pufferlib/.installed

# Sample Factory wants a gymnasium before 1.0 and stable-retro one from 1.0 on, but it runs on both: so all get the same.
.venv-peers/%/.installed: benchmarks/peers/requirements-%.txt
	"$(PYTHON)" -m venv .venv-peers/$*
	.venv-peers/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	.venv-peers/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps stable-retro==1.0.1
	touch $@

# PufferLib without its own games, whose libraries it would fetch from GitHub: its setup.py then misses a name, which it
# is given here. Only the compilers of the system: with nvcc it would be built for CUDA.
PUFFERLIB := .venv-peers/pufferlib
$(PUFFERLIB)/.installed: benchmarks/peers/requirements-pufferlib.txt
	"$(PYTHON)" -m venv $(PUFFERLIB)
	$(PUFFERLIB)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	$(PUFFERLIB)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps stable-retro==1.0.1
	echo 'import builtins; builtins.c_extension_paths = []' > "$$($(PUFFERLIB)/bin/python -c 'import site; print(site.getsitepackages()[0])')/pufferlib_setup.pth"
	PATH=/usr/bin:/bin NO_OCEAN=1 $(PUFFERLIB)/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps pufferlib==3.0.0
	touch $@

# It takes minutes: so pip says what it is at.
$(STAMP): requirements.txt pyproject.toml setup.py
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sonic Worlds needs Python 3.11 or newer")'
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c requirements.txt -e ".[test]"
	touch $(NATIVE) $@

.PHONY: native
native: $(NATIVE)

# Order only: an installation builds it, too.
$(NATIVE): $(wildcard windup/native/*.[ch] windup/src/*.[ch] windup/tools/*.c windup/levels/*.txt windup/leveling/*.py windup/tools/*.py windup/tools/art/*.py) | $(STAMP)
	$(BIN)/python setup.py --quiet build_ext --inplace
	touch $@
