# SPDX-License-Identifier: Apache-2.0
"""Where kernels, QEMU and what runs keep their files: ${XDG_CACHE_HOME:-~/.cache}/sauron-vm."""
import fcntl, os, shutil, tempfile

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sauron-vm")


class Lock:
    """One process at a time prepares the cache."""

    def __init__(self, name):
        os.makedirs(CACHE, exist_ok=True)
        self.path = f"{CACHE}/{name}"

    def __enter__(self):
        self.file = open(self.path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


class Scratch:
    """A directory that lives as long as this process holds its lock; those of the dead are removed by the next run."""

    def __enter__(self):
        os.makedirs(f"{CACHE}/run", exist_ok=True)
        with Lock("run.lock"):
            for d in os.listdir(f"{CACHE}/run"):
                self.reap(f"{CACHE}/run/{d}")
            self.path = tempfile.mkdtemp(dir=f"{CACHE}/run")
            self.lock = open(f"{self.path}/lock", "w")
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        return self.path

    @staticmethod
    def reap(path):
        try:
            with open(f"{path}/lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        except FileNotFoundError:
            pass
        shutil.rmtree(path, ignore_errors=True)

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
        self.lock.close()
