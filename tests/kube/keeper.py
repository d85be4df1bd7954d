#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Starts the servers for the test that asks for it, and ends them and removes their directory when that test has ended, however.

usage: keeper.py DIRECTORY    Told what to do in lines of JSON on stdin; answers each. The end of stdin is the end of all.

A process of its own, since nothing else is left to clean up behind a test that was ended by kill -9: the servers die with it
(PR_SET_PDEATHSIG, which counts from the thread that forks, so it has only one), and it ends with its stdin.
"""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1


class Keeper:
    def __init__(self, directory):
        self.directory, self.libc, self.children = directory, ctypes.CDLL(None), {}

    def start(self, name, argv):
        with open(f'{self.directory}/{name}.log', 'ab') as log:
            child = subprocess.Popen(argv, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     preexec_fn=lambda: self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
        self.children[name] = child
        return child.pid

    def poll(self, name):
        """The exit status, None while it runs."""
        return self.children[name].poll()

    def end(self, name, signum, seconds):
        """Ends it by a signal, and by SIGKILL when it has not ended after some seconds. Gives the exit status."""
        child = self.children[name]
        child.send_signal(signum)
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def send(self, name, signum):
        self.children[name].send_signal(signum)

    def close(self):
        for child in self.children.values():
            child.kill()
        for child in self.children.values():
            child.wait()
        for _ in range(50):
            shutil.rmtree(self.directory, ignore_errors=True)
            if not os.path.exists(self.directory):
                return
            time.sleep(0.1)


def main():
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda *_: None)     # not SIG_IGN, which the servers would inherit
    keeper = Keeper(sys.argv[1])
    try:
        for line in sys.stdin:
            what, *words = json.loads(line)
            try:
                answer = {'ok': getattr(keeper, what)(*words)}
            except Exception as e:
                answer = {'error': f'{what}: {e}'}
            print(json.dumps(answer), flush=True)
    except (BrokenPipeError, ValueError):
        pass
    finally:
        keeper.close()


if __name__ == '__main__':
    main()
