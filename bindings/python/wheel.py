# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Puts files that are built already into a wheel.

usage: wheel.py WHEEL SETUP_CFG README FILE...

Files called LICENSE.* are the texts of the licences, others those of the package.
The metadata is what pip makes of setup.cfg. The same files give the same
bytes: no times, and in one order.
"""

import base64
import configparser
import hashlib
import pathlib
import re
import sys
import zipfile

# The oldest time that a zip file can tell.
NO_TIME = (1980, 1, 1, 0, 0, 0)
PACKAGE = "ringmap"


def lines(text):
    """The entries of a list in setup.cfg."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def metadata(config, version, readme):
    """The file METADATA."""
    about = config["metadata"]
    text = ["Metadata-Version: 2.4", f"Name: {about['name']}", f"Version: {version}"]
    text.append(f"Summary: {about['description']}")
    text.append(f"Keywords: {','.join(map(str.strip, about['keywords'].split(',')))}")
    text.append(f"Author: {about['author']}")
    text.append(f"License-Expression: {about['license']}")
    text += [f"License-File: {name}" for name in lines(about["license_files"])]
    text += [f"Platform: {name}" for name in lines(about["platforms"])]
    text += [f"Classifier: {name}" for name in lines(about["classifiers"])]
    text.append(f"Requires-Python: {config['options']['python_requires']}")
    for package in lines(config["options"]["install_requires"]):
        text.append(f"Requires-Dist: {package}")
    for extra, packages in config["options.extras_require"].items():
        text.append(f"Provides-Extra: {extra}")
        for package in lines(packages):
            text.append(f'Requires-Dist: {package}; extra == "{extra}"')
    text.append(f"Description-Content-Type: {about['long_description_content_type']}")
    return "\n".join(text) + "\n\n" + readme


def package_path(path):
    """Where a file goes in the wheel: from the package's folder on."""
    parts = pathlib.Path(path).parts
    return "/".join(parts[len(parts) - 1 - parts[::-1].index(PACKAGE) :])


def split(paths):
    """The texts of the licences by name, and the paths of other files."""
    licences, others = {}, []
    for path in map(pathlib.Path, paths):
        if path.name.startswith("LICENSE."):
            licences[path.name] = path.read_bytes()
        else:
            others.append(path)
    return licences, others


def version_of(files):
    """The package's version."""
    text = files[f"{PACKAGE}/_version.py"].decode("utf-8")
    return re.search(r'__version__ = "(.+)"', text)[1]


def record(files, name):
    """The file RECORD: every file's hash and size but its own."""
    text = ""
    for path, data in sorted(files.items()):
        digest = hashlib.sha256(data).digest()
        code = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        text += f"{path},sha256={code},{len(data)}\n"
    return text + f"{name},,\n"


def main(wheel, setup_cfg, readme, *paths):
    """Write the wheel."""
    config = configparser.ConfigParser()
    config.read_string(pathlib.Path(setup_cfg).read_text("utf-8"))
    licences, paths = split(paths)
    files = {package_path(path): pathlib.Path(path).read_bytes() for path in paths}
    version = version_of(files)
    stem = pathlib.Path(wheel).stem
    name, said, tag = stem.split("-", 2)
    if (name, said) != (PACKAGE, version):
        sys.exit(f"{stem}: the package is {PACKAGE} {version}")
    info = f"{name}-{version}.dist-info"
    if sorted(licences) != sorted(lines(config["metadata"]["license_files"])):
        sys.exit(f"{sorted(licences)} are not the license_files of {setup_cfg}")
    for licence, data in licences.items():
        files[f"{info}/licenses/{licence}"] = data
    text = metadata(config, version, pathlib.Path(readme).read_text("utf-8"))
    files[f"{info}/METADATA"] = text.encode()
    files[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: ringmap\nRoot-Is-Purelib: false\n"
        f"Tag: {tag}\n"
    ).encode()
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD").encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as out:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            out.writestr(entry, data)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
