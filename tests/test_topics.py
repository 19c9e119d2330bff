"""What topics have alike is found, and looking for it imports nothing."""

import subprocess
import sys
from pathlib import Path

import coursekit
from coursekit import topics


def test_every_module_of_a_name_is_found():
    root = Path(coursekit.__file__).parent
    there = {path.stem for path in root.glob("*/table_*.py")}
    assert {name.split(".")[-1] for name in topics.modules("table_*")} == there
    assert topics.modules("no_such_module") == []


def test_looking_imports_no_topic():
    code = (
        "import sys; from coursekit.evidence import names; assert names()"
        "; assert 'coursekit.coding' not in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
