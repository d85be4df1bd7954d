# SPDX-License-Identifier: Apache-2.0
"""Builds kube-apiserver and etcd from their Go modules, once, into ${XDG_CACHE_HOME:-~/.cache}/sauron-kube.

Both become one program that is what it is called: they share most of their packages, and the etcd that a Kubernetes is tested
with stands in its go.mod. That of Debian 12, 3.4.23, is too old for streaming lists (sendInitialEvents). Nothing is left besides
the program: modules and objects lie in a directory of their own that is removed behind it, and used again after a build that was
interrupted.
"""
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess

VERSION = os.environ.get('KUBE_VERSION') or 'v1.34.4'
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'sauron-kube')
PROGRAMS = ('kube-apiserver', 'etcd')
DISK_GB = 6
DIE_WITH_ME = ['setpriv', '--pdeathsig', 'TERM']
STAMPS = ('k8s.io/component-base/version', 'k8s.io/client-go/pkg/version')
MAIN = '''package main

import (
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if filepath.Base(os.Args[0]) == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
'''


class Skip(Exception):
    """Why it cannot be built here."""


class Go:
    """The Go that is to build: the newest that there is."""

    def __init__(self):
        found = [shutil.which('go'), '/usr/local/go/bin/go', *glob.glob('/usr/lib/go-*/bin/go')]
        self.version, self.path = max((self.ask(p), p) for p in [p for p in found if p and os.access(p, os.X_OK)] or [''])
        if not self.version:
            raise Skip('there is no Go here that runs')

    @staticmethod
    def ask(path):
        if not path:
            return ()
        r = subprocess.run([path, 'env', 'GOVERSION'], capture_output=True, text=True, env={**os.environ, 'GOTOOLCHAIN': 'local'})
        return tuple(map(int, re.findall(r'\d+', r.stdout)))


def key(version):
    return f"{version}-{hashlib.sha256(MAIN.encode()).hexdigest()[:8]}"


def cached(version=VERSION):
    """The directory that holds both programs, or None."""
    path = f'{CACHE}/{key(version)}'
    return path if all(os.access(f'{path}/{p}', os.X_OK) for p in PROGRAMS) else None


def build(version=VERSION, say=lambda line: None):
    """Gives the directory that holds both programs. Raises Skip."""
    if cached(version):
        return cached(version)
    os.makedirs(CACHE, exist_ok=True)
    with open(f'{CACHE}/lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cached(version):
            work = Build(version, say)
            try:
                work.make()
            except Skip:
                shutil.rmtree(work.dir, ignore_errors=True)
                raise
    return cached(version)


class Build:
    def __init__(self, version, say):
        self.version, self.say = version, say
        self.dir, self.dest = f'{CACHE}/{key(version)}.build', f'{CACHE}/{key(version)}'
        self.go = Go()
        self.env = {**os.environ, 'GOMODCACHE': f'{self.dir}/mod', 'GOCACHE': f'{self.dir}/objects',
                    'GOTMPDIR': f'{self.dir}/tmp', 'GOWORK': 'off', 'GOFLAGS': '-mod=mod -modcacherw -buildvcs=false',
                    'GOTOOLCHAIN': 'local', 'CGO_ENABLED': '0'}
        self.env['GOGC'] = '400'           # the compiler's own: a sixth less work, for a little memory

    def make(self):
        os.makedirs(f'{self.dir}/tmp', exist_ok=True)
        free = shutil.disk_usage(self.dir).free >> 30
        if free < DISK_GB:
            raise Skip(f'{CACHE} has {free} GB left, and {DISK_GB} are needed')
        self.write('main.go', MAIN)
        self.write('go.mod', 'module kube\n')
        self.say(f'fetching k8s.io/kubernetes {self.version}')
        fetched = json.loads(self.run(300, 'mod', 'download', '-json', f'k8s.io/kubernetes@{self.version}'))
        with open(fetched['GoMod']) as f:
            self.write('go.mod', self.go_mod(f.read()))
        self.say('fetching its modules, about 70 MB')
        self.run(900, 'list', '-deps', '.')
        self.say('building; several minutes')
        linker = ' '.join(['-s -w'] + self.stamps())
        self.run(3600, 'build', '-p', '2', '-trimpath', '-gcflags=all=-dwarf=false', '-ldflags', linker, '-o', 'out', '.')
        self.keep()

    def go_mod(self, theirs):
        """Their own replace directives are of their own tree; what lies there is published as v0.X.Y."""
        go = re.search(r'^go (\S+)', theirs, re.M)[1]
        if self.go.version < tuple(map(int, go.split('.'))):
            raise Skip(f"Kubernetes {self.version} wants Go {go}, and {self.go.path} is {'.'.join(map(str, self.go.version))}")
        staged = re.findall(r'^\s*(k8s\.io/\S+) => \./staging/', theirs, re.M)
        released = self.version.replace('v1.', 'v0.', 1)
        return '\n'.join([f'module kube\n\ngo {go}\n\nrequire k8s.io/kubernetes {self.version}\n\nreplace (',
                          *(f'\t{m} => {m} {released}' for m in staged), ')\n'])

    def stamps(self):
        said = {'gitVersion': self.version, 'gitMajor': '1', 'gitMinor': self.version.split('.')[1], 'gitTreeState': 'clean'}
        return [f'-X {p}.{name}={value}' for p in STAMPS for name, value in said.items()]

    def keep(self):
        os.makedirs(f'{self.dir}/dest', exist_ok=True)
        os.replace(f'{self.dir}/out', f'{self.dir}/dest/{PROGRAMS[0]}')
        if not os.path.lexists(f'{self.dir}/dest/{PROGRAMS[1]}'):
            os.symlink(PROGRAMS[0], f'{self.dir}/dest/{PROGRAMS[1]}')
        for old in glob.glob(f'{CACHE}/{self.version}-????????'):      # made by another recipe
            shutil.rmtree(old, ignore_errors=True)
        os.rename(f'{self.dir}/dest', self.dest)
        shutil.rmtree(self.dir)

    def write(self, name, text):
        with open(f'{self.dir}/{name}', 'w') as f:
            f.write(text)

    def run(self, seconds, *words):
        try:
            r = subprocess.run([*DIE_WITH_ME, self.go.path, *words], cwd=self.dir, env=self.env, timeout=seconds,
                               stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except subprocess.TimeoutExpired:
            raise Skip(f'go {words[0]} had no end after {seconds} s') from None
        if r.returncode:
            told = [line for line in r.stderr.splitlines() if line.strip() and not line.startswith('go: downloading')]
            told = told or re.findall(r'"Error": (".*")', r.stdout) or ['it does not say why']
            raise Skip(f"go {words[0]}: {' '.join(' '.join(told[:3]).split())}")
        return r.stdout
