# One command for each thing a person wants; the README names the plain commands.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# The Pythons and the release of torch come from pyproject.toml, the one source of
# dependencies.
OLDEST  := $(shell sed -n 's/^requires-python = ">=3\.\([0-9]*\),.*/\1/p' pyproject.toml)
TOO_NEW := $(shell sed -n 's/^requires-python = .*<3\.\([0-9]*\)"/\1/p' pyproject.toml)
TORCH  := $(shell sed -n 's/.*"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)

.PHONY: help demo test lab bench data pack train evidence release check format lock clean

help:
	@echo "make demo     execute a lecture, release, grade and give feedback on a sample class"
	@echo "make test     format, types, all tests, every lecture executed"
	@echo "make lab      JupyterLab on lecture 1"
	@echo "make release  what students get: assignments/ and the bundle in dist/"
	@echo "make bench    timings as ratios against other libraries"
	@echo "make train    the shipped weights;  make evidence  the tables that lectures quote"
	@echo "              some of them: make train NAMES=\"wave mdct_time_low\""
	@echo "make data     a larger training set, outside git"
	@echo "make pack     rebuild the shipped recordings from their sources"
	@echo "make format   put the code in order;  make lock  pin the dependencies anew"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(not (3, $(OLDEST)) <= v[:2] < (3, $(TOO_NEW)) and f"The course runs on Python 3.$(OLDEST) or later, below 3.$(TOO_NEW), and $(PYTHON) is {v.major}.{v.minor}: try make PYTHON=python3.$(OLDEST)")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python has no venv: on Debian, apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	@$(BIN)/coursekit demo

test: check
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: $(READY)
	$(BIN)/jupyter lab notebooks/01_dft.ipynb

release: $(READY)
	$(BIN)/coursekit release

bench: $(READY)
	$(BIN)/python tests/bench/run.py

train: $(READY)
	$(BIN)/python -m coursekit.training $(NAMES)

evidence: $(READY)
	$(BIN)/python -m coursekit.evidence $(NAMES)

data: $(READY)
	$(BIN)/python -m coursekit.data.making.build --training

pack: $(READY)
	$(BIN)/python -m coursekit.data.making.build

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# One lock for Linux, macOS, Windows and every Python of the range, from 3.11.2 on,
# Debian 12's: pip reads the markers. torch is left out of it: its CPU and GPU builds
# differ in hash. Pins that still fit stay; delete the file to renew them all.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11.2 --generate-hashes \
	  --extra data --extra grading --extra dev --no-emit-package torch \
	  --no-header --no-emit-index-url --no-emit-find-links \
	  --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .demo build dist *.egg-info
