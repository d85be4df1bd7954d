#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Build the console: build.py PRIVATE OUTPUT.c DEPFILE

The sources are copied to PRIVATE, a folder of the build's own; there npm brings the packages that package-lock.json names (once, and
from its cache when it has them), TypeScript checks and Vite bundles. embed.py makes OUTPUT.c of what comes out. DEPFILE names all
that was read, folders too, so that a new file is noticed. Nothing is written into the source tree."""
import hashlib
import os
import shutil
import subprocess
import sys

SOURCE = os.path.dirname(os.path.realpath(__file__))
FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.js', 'index.html']
FOLDERS = ['public', 'src', 'tests/unit']
KEPT = ['node_modules', 'dist']   # of PRIVATE


def run(argv, private):
    environment = dict(os.environ, CI='1', NO_COLOR='1', npm_config_update_notifier='false', DO_NOT_TRACK='1')
    done = subprocess.run(argv, cwd=private, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.stderr.write(done.stdout.decode('utf-8', 'replace'))
        sys.exit(f'console: {" ".join(argv)} failed')


def sources():
    """(files, folders), relative to SOURCE."""
    files, folders = list(FILES), []
    for top in FOLDERS:
        for folder, below, names in os.walk(f'{SOURCE}/{top}'):
            below.sort()
            folders.append(os.path.relpath(folder, SOURCE))
            files += [os.path.relpath(f'{folder}/{name}', SOURCE) for name in sorted(names)]
    return files, folders


def copy(files, private):
    for top, below, names in os.walk(private):
        if top == private:
            below[:] = [name for name in below if name not in KEPT]
        for name in names:
            if os.path.relpath(f'{top}/{name}', private) not in files:
                os.unlink(f'{top}/{name}')
    for name in files:
        os.makedirs(os.path.dirname(f'{private}/{name}'), exist_ok=True)
        shutil.copyfile(f'{SOURCE}/{name}', f'{private}/{name}')


def bring(private):
    """The packages of this lock file, unless they are there."""
    with open(f'{private}/package-lock.json', 'rb') as f:
        wanted = hashlib.sha256(f.read()).hexdigest()
    stamp = f'{private}/node_modules/.sauron'
    if os.path.exists(stamp):
        with open(stamp) as f:
            if f.read() == wanted:
                return
    # Scripts of packages are not run: none of these needs one.
    run(['npm', 'ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], private)
    with open(stamp, 'w') as f:
        f.write(wanted)


def main():
    private, output, depfile = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    files, folders = sources()
    os.makedirs(private, exist_ok=True)
    copy(files, private)
    bring(private)
    run(['node', 'node_modules/typescript/bin/tsc', '--noEmit'], private)
    run(['node', 'node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'], private)
    subprocess.run([sys.executable, f'{SOURCE}/embed.py', output, f'{private}/dist'], check=True)
    with open(depfile, 'w') as f:
        read = [f'{SOURCE}/{name}' for name in files + folders + ['build.py', 'embed.py']]
        f.write(f'{output}: ' + ' '.join(name.replace(' ', '\\ ') for name in read) + '\n')


if __name__ == '__main__':
    main()
