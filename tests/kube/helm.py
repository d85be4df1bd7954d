# SPDX-License-Identifier: Apache-2.0
"""Helm, which Debian does not have: the one of this machine, or one that is built from its Go modules, once, beside the API server."""
import os
import shutil

import build

VERSION = os.environ.get('HELM_VERSION') or 'v3.17.3'


class BuildHelm(build.Build):
    def __init__(self, say):
        super().__init__(VERSION, say)
        self.dir, self.dest = f'{build.CACHE}/helm-{VERSION}.build', f'{build.CACHE}/helm-{VERSION}'

    def make(self):
        os.makedirs(f'{self.dir}/tmp', exist_ok=True)
        free = shutil.disk_usage(self.dir).free >> 30
        if free < build.DISK_GB:
            raise build.Skip(f'{build.CACHE} has {free} GB left, and {build.DISK_GB} are needed')
        self.say(f'building helm {VERSION}; several minutes')
        self.env.update(GOBIN=f'{self.dir}/bin', GOMODCACHE=f'{self.dir}/mod', GOCACHE=f'{self.dir}/objects', GOTMPDIR=f'{self.dir}/tmp')
        self.run(3600, 'install', '-p', '2', '-trimpath', '-gcflags=all=-dwarf=false',
                 '-ldflags', f'-s -w -X helm.sh/helm/v3/internal/version.version={VERSION}', f'helm.sh/helm/v3/cmd/helm@{VERSION}')
        os.rename(f'{self.dir}/bin', self.dest)
        shutil.rmtree(self.dir)


def program(say=lambda line: None):
    """The path of helm. Raises build.Skip."""
    found = shutil.which('helm') or f'{build.CACHE}/helm-{VERSION}/helm'
    if not os.access(found, os.X_OK) and os.environ.get('SN_HELM') != 'build':
        raise build.Skip('Helm is neither installed nor built; SN_HELM=build builds it once, which takes eight minutes')
    if not os.access(found, os.X_OK):
        os.makedirs(build.CACHE, exist_ok=True)
        with open(f'{build.CACHE}/lock-helm', 'w') as lock:
            build.fcntl.flock(lock, build.fcntl.LOCK_EX)
            if not os.access(found, os.X_OK):
                work = BuildHelm(say)
                try:
                    work.make()
                except build.Skip:
                    shutil.rmtree(work.dir, ignore_errors=True)
                    raise
    return found
