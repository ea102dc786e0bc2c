# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Run a notebook as a reader would, check what it found, and show it.

usage: run_notebook.py NOTEBOOK CHECKS [NAME=VALUE...]

CHECKS is Python that runs in the notebook's kernel after its last cell; there,
FIGURES is the list of the pictures so far as (width, height, share of pixels
that are not background). NAME=VALUE replaces an assignment of a cell with the
tag "parameters". HTML and PNG go to the test's undeclared outputs.
"""

import base64
import io
import os
import pathlib
import re
import sys
import textwrap

import nbclient
import nbconvert
import nbformat
import PIL.Image

MOST_CELLS = 25
LICENCE = "LGPL-2.1-or-later OR MIT"
SECONDS_A_CELL = 120


def check_source(notebook):
    """What must hold of the file in git."""
    assert notebook.metadata.get("license") == LICENCE, "no licence in the metadata"
    assert len(notebook.cells) <= MOST_CELLS, f"{len(notebook.cells)} cells"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            stripped = not cell.outputs and cell.execution_count is None
            assert stripped, f"a cell has outputs:\n{cell.source}"


def set_parameters(notebook, assignments):
    """Replace the values that the caller gave."""
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        replaced = 0
        for cell in notebook.cells:
            if "parameters" in cell.metadata.get("tags", []):
                cell.source, count = re.subn(
                    rf"^{name} = \S+", f"{name} = {value}", cell.source, flags=re.M
                )
                replaced += count
        assert replaced == 1, f"{name} is assigned {replaced} times"


def pictures(notebook):
    """The PNG images among the outputs."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            image = output.get("data", {}).get("image/png")
            if image:
                yield base64.b64decode(image)


def looks_of(image):
    """Width, height, and the share of pixels that are not background."""
    picture = PIL.Image.open(io.BytesIO(image)).convert("RGB")
    pixels = picture.width * picture.height
    background = max(picture.getcolors(pixels))[0]
    return picture.width, picture.height, round(1 - background / pixels, 3)


def check_outputs(notebook):
    """Nobody wants warnings in a notebook."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            noise = output.get("name") == "stderr"
            assert not noise, f"a cell wrote to stderr:\n{cell.source}\n{output.text}"


def run(notebook, checks, folder):
    """Execute the cells, then the checks in the same kernel."""
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    with client.setup_kernel():
        for index, cell in enumerate(list(notebook.cells)):
            client.execute_cell(cell, index)
        check_outputs(notebook)
        looks = [looks_of(image) for image in pictures(notebook)]
        source = f"FIGURES = {looks}\n{checks}"
        # Only what the reader has is shown.
        shown = list(notebook.cells)
        notebook.cells.append(nbformat.v4.new_code_cell(source))
        try:
            client.execute_cell(notebook.cells[-1], len(shown))
        finally:
            notebook.cells = shown
    return looks


def show(notebook, name, folder):
    """As HTML and PNG."""
    html, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    (folder / f"{name}.html").write_text(html, "utf-8")
    for number, image in enumerate(pictures(notebook), 1):
        (folder / f"{name}-{number}.png").write_bytes(image)


def main(path, checks, *assignments):
    """Run one notebook."""
    path = pathlib.Path(path)
    outputs = pathlib.Path(os.environ["TEST_UNDECLARED_OUTPUTS_DIR"])
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    check_source(notebook)
    set_parameters(notebook, assignments)
    try:
        looks = run(
            notebook, pathlib.Path(checks).read_text("utf-8"), path.parent.absolute()
        )
    finally:
        # Also, and above all, one that failed.
        show(notebook, path.stem, outputs)
    print(textwrap.indent("\n".join(f"figure {look}" for look in looks), "  "))
    print(f"{len(notebook.cells)} cells, {len(looks)} figures")


if __name__ == "__main__":
    main(*sys.argv[1:])
