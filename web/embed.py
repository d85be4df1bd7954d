#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write the files of a folder as a table in C (src/controller/assets.h): embed.py OUTPUT.c [FOLDER]. Without a folder the table is
empty. The same files give the same bytes: packed without name and time."""
import gzip
import hashlib
import os
import sys

TYPES = {
    '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2', '.json': 'application/json',
    '.txt': 'text/plain; charset=utf-8', '.ico': 'image/x-icon',
}
LINE = 24


def files(folder):
    for top, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(top, name)
            yield '/' + os.path.relpath(path, folder).replace(os.sep, '/'), path


def data_of(number, data):
    lines = [', '.join(str(b) for b in data[i:i + LINE]) for i in range(0, len(data), LINE)]
    return f'static const uint8_t data_{number}[] = {{\n\t' + ',\n\t'.join(lines) + ',\n};\n'


def main():
    output, folder = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    text, rows = [], []
    for number, (path, file) in enumerate(files(folder) if folder else ()):
        kind = os.path.splitext(path)[1]
        if kind not in TYPES:
            sys.exit(f'embed.py: {path}: no type is known for {kind or "a name without a suffix"}; add it to TYPES')
        with open(file, 'rb') as f:
            raw = f.read()
        packed = gzip.compress(raw, 9, mtime=0)
        smaller = len(packed) < len(raw) * 0.95
        data = packed if smaller else raw
        if data:
            text.append(data_of(number, data))
        etag = hashlib.sha256(raw).hexdigest()[:20]
        rows.append(f'\t{{ "{path}", "{TYPES[kind]}", "\\"{etag}\\"", {f"data_{number}" if data else "NULL"}, {len(data)}, '
                    f'{"true" if smaller else "false"} }},\n')
    with open(output, 'w') as f:
        f.write('/* SPDX-License-Identifier: Apache-2.0 */\n/** @file Made by web/embed.py: change web/. */\n#include "controller/assets.h"\n\n')
        f.write('\n'.join(text) + '\n' if text else '')
        f.write('const struct sn_asset sn_assets[] = {\n' + ''.join(rows) + '\t{ .path = NULL },\n};\n')


if __name__ == '__main__':
    main()
