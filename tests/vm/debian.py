# SPDX-License-Identifier: Apache-2.0
"""Debian's kernels, and a QEMU that can run them, fetched by apt into a private cache and unpacked there.

Nothing on the machine changes: apt gets a state directory of its own per suite, and the packages are unpacked, never installed.
"""
import glob, os, platform, re, shutil, struct, subprocess, sys, time
from cache import CACHE, Lock

os.environ["PATH"] += ":/usr/sbin:/sbin"           # a user's path lacks depmod and modprobe
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Where each kernel of the matrix comes from, the first suite that answers.
MATRIX = {"5.10": ["bullseye"], "6.1": ["bookworm"], "6.12": ["bookworm-backports", "trixie"], "newest": ["sid"]}
# The parts of a kernel's modules that are kept: the others are four fifths of 500 MB.
KEPT = ["arch", "block", "crypto", "lib", "mm", "net", "drivers/virtio", "drivers/char/virtio_console.ko*", "drivers/net/*.ko*",
        "drivers/hv", "fs/9p", "fs/fscache", "fs/fuse", "fs/netfs", "fs/overlayfs"]
PARTS = re.compile(r"linux-(?:image|binary|modules|base)-(\d\S*)")
TOOLS = "apt-get apt-cache dpkg-deb depmod modprobe cpio cc xz zstd lz4 gzip setpriv unshare xargs".split()


class Skip(Exception):
    """This machine lacks what is needed; the sentence says what."""


def sh(*cmd, **kw):
    return subprocess.run(cmd, check=True, stdout=subprocess.PIPE, **kw).stdout


# ------------------------------------------------------------------------------------------------------------------ apt
def mirror():
    """The mirror this machine's apt uses for Debian itself."""
    for path, pattern in (("/etc/apt/sources.list.d/debian.sources", r"^URIs:\s*(\S+)"),
                          ("/etc/apt/sources.list", r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)")):
        try:
            text = open(path).read()
        except OSError:
            continue
        for uri in re.findall(pattern, text, re.M):
            if "security" not in uri and not uri.startswith("cdrom:"):
                return uri
    raise Skip("no Debian mirror in /etc/apt/sources.list.d/debian.sources or /etc/apt/sources.list")


class Apt:
    """A private apt for one suite."""

    def __init__(self, suite):
        self.suite, top = suite, f"{CACHE}/apt/{suite}"
        os.makedirs(f"{top}/lists/partial", exist_ok=True)
        os.makedirs(f"{top}/cache/archives/partial", exist_ok=True)
        with open(f"{top}/sources.list", "w") as f:
            f.write(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
        with open(f"{top}/apt.conf", "w") as f:
            f.write(f'Dir::Etc::sourcelist "{top}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
                    f'Dir::State::lists "{top}/lists";\nDir::Cache "{top}/cache";\nAcquire::Languages "none";\n'
                    'APT::Sandbox::User "root";\nAcquire::Retries "2";\nAcquire::http::Timeout "30";\n')
        self.top, self.env = top, dict(os.environ, APT_CONFIG=f"{top}/apt.conf", LC_ALL="C")
        self.call("apt-get", "-qq", "update")
        if not any(f.endswith("_Packages") or "_Packages." in f for f in os.listdir(f"{top}/lists")):
            raise Skip(f"{mirror()} does not give the packages of {suite}")

    def call(self, *cmd, **kw):
        p = subprocess.run(cmd, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)
        if p.returncode:
            said = [t for t in p.stderr.decode(errors="replace").splitlines() if t.startswith("E:")] or ["no reason given"]
            raise Skip(f"{cmd[0]} for {self.suite}: {said[0]}")
        return p.stdout.decode()

    def depends(self, package):
        """The parts a kernel image package is cut into (the newest suites keep the modules apart)."""
        line = re.search(r"^Depends: (.*)", self.call("apt-cache", "show", "--no-all-versions", package), re.M)
        return [d for d in re.findall(r"[^\s,|()]+", line[1]) if PARTS.fullmatch(d)] if line else []

    def unpack(self, packages, dest):
        debs = f"{self.top}/debs"
        shutil.rmtree(debs, ignore_errors=True)
        os.makedirs(debs)
        self.call("apt-get", "-qq", "download", *packages, cwd=debs)
        for deb in glob.glob(f"{glob.escape(debs)}/*.deb"):
            sh("dpkg-deb", "-x", deb, dest)
        shutil.rmtree(debs)
        shutil.rmtree(f"{self.top}/lists", ignore_errors=True)     # 30 MB a suite, fetched anew for the next update


def complete(directory):
    return os.path.exists(f"{directory}/ready")


def begin(directory):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)


def finish(directory):
    open(f"{directory}/ready", "w").close()


# -------------------------------------------------------------------------------------------------------------- kernels
def kernel(name, update=False):
    """(release, directory) of a kernel of the matrix or of any suite: lib/modules/RELEASE, config and vmlinux lie there."""
    with Lock("lock"):
        alias = f"{CACHE}/alias/{re.sub(r'[^A-Za-z0-9.-]', '_', name)}"
        if not update and os.path.exists(alias):
            release = open(alias).read()
            if complete(f"{CACHE}/kernel/{release}"):
                return release, f"{CACHE}/kernel/{release}"
        if platform.machine() != "x86_64":
            raise Skip(f"Debian's amd64 kernels cannot use the programs of this {platform.machine()} machine")
        lacking = [t for t in TOOLS if not shutil.which(t)]
        if lacking:
            raise Skip("programs are missing: " + " ".join(lacking))
        suites, started = MATRIX.get(name, [name]), time.time()
        for suite in suites:
            try:
                release = fetch(suite)
                break
            except Skip:
                if suite == suites[-1]:
                    raise
        os.makedirs(os.path.dirname(alias), exist_ok=True)
        with open(alias, "w") as f:
            f.write(release)
        prune()
        print(f"vmrun: {name} is {release} of {suite}, ready in {time.time() - started:.0f} s", file=sys.stderr)
        return release, f"{CACHE}/kernel/{release}"


def prune():
    """Removes the kernels that a newer one has replaced."""
    wanted = {open(path).read() for path in glob.glob(f"{glob.escape(CACHE)}/alias/*")}
    for release in set(os.listdir(f"{CACHE}/kernel")) - wanted:
        shutil.rmtree(f"{CACHE}/kernel/{release}", ignore_errors=True)


def fetch(suite):
    apt = Apt(suite)
    package = next((d for d in apt.depends("linux-image-amd64") if d.startswith("linux-image-")), None)
    if not package:
        raise Skip(f"{suite} has no linux-image-amd64")
    release = PARTS.fullmatch(package)[1].replace("-unsigned", "")
    dest = f"{CACHE}/kernel/{release}"
    if not complete(dest):
        begin(dest)
        apt.unpack([package, *apt.depends(package)], f"{dest}/root")
        keep_kernel(dest, release)
        shutil.rmtree(f"{dest}/root")
        finish(dest)
    return release


def keep_kernel(dest, release):
    """From the unpacked packages: the configuration, the ELF kernel, and the modules a test may want, uncompressed."""
    root = f"{dest}/root"
    places = [f"{root}/lib/modules/{release}", f"{root}/usr/lib/modules/{release}"]
    mods = next(p for p in places if os.path.isdir(f"{p}/kernel"))
    kept = f"{dest}/lib/modules/{release}"
    for pattern in KEPT:
        for found in glob.glob(f"{glob.escape(mods)}/kernel/{pattern}"):
            target = f"{kept}/kernel/{os.path.relpath(found, mods + '/kernel')}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.rename(found, target)
    for f in glob.glob(f"{glob.escape(mods)}/modules.*"):
        shutil.copy(f, kept)
    xz = glob.glob(f"{glob.escape(kept)}/**/*.ko.xz", recursive=True)
    if xz:                                   # here, once, rather than in the guest, slowly
        sh("xargs", "-0", "-P2", "-n64", "xz", "-d", input="\0".join(xz).encode())
    for ko in glob.glob(f"{glob.escape(kept)}/**/*.ko", recursive=True):
        strip_signature(ko)                  # verifying one costs up to 0.1 s under emulation
    sh("depmod", "-b", dest, release)

    def file(name):
        return next(c for c in [f"{root}/boot/{name}-{release}"] + [f"{p}/{name}" for p in places] if os.path.exists(c))
    shutil.copy(file("config"), f"{dest}/config")
    with open(f"{dest}/vmlinux", "wb") as f:
        f.write(elf_kernel(open(file("vmlinuz"), "rb").read()))


def strip_signature(path):
    magic = b"~Module signature appended~\n"
    with open(path, "r+b") as f:
        size = f.seek(0, 2)
        f.seek(max(0, size - len(magic) - 12))
        tail = f.read()
        if tail.endswith(magic):
            f.truncate(size - len(magic) - 12 - struct.unpack(">I", tail[8:12])[0])


def elf_kernel(image):
    """The ELF inside a bzImage: QEMU boots it by PVH, which spares the guest the decompression, and its BTF can be read."""
    offset, size = struct.unpack_from("<II", image, 0x248)
    offset += ((image[0x1f1] or 4) + 1) * 512
    body = image[offset:offset + size]
    if body[:2] == b"\x1f\x8b":
        body = sh("gzip", "-dc", input=body)
    else:                                    # the others carry the size in four more octets
        tool = {b"\xfd7zX": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"\x02\x21\x4c\x18": "lz4"}.get(body[:4])
        body = sh(tool, "-dcq", input=body[:-4]) if tool else b""
    if body[:4] != b"\x7fELF":
        raise RuntimeError("the kernel image is compressed in an unknown way")
    return body


# ----------------------------------------------------------------------------------------------------------------- QEMU
def qemu():
    """A QEMU of version 10 or later, as the beginning of a command line: this machine's, or that of bookworm-backports.

    The emulation of 7.2 (Debian 12's own) makes guests oops now and then: cmpxchg16b spoils the flags, and text patching
    is not safe with two processors.
    """
    own = shutil.which("qemu-system-x86_64")
    if own and int(re.search(rb"version (\d+)", sh(own, "--version"))[1]) >= 10:
        return [own]
    top = f"{CACHE}/qemu"
    command = [f"{top}/usr/bin/qemu-system-x86_64", "-L", f"{top}/usr/share/qemu", "-L", f"{top}/usr/share/seabios"]
    with Lock("lock"):
        if not complete(top):
            begin(top)
            packages = ["qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios"]
            Apt("bookworm-backports").unpack(packages, top)
            needed = subprocess.run([command[0], "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if needed.returncode:
                raise Skip("the libraries of qemu-system-x86 are missing: " + needed.stderr.decode().strip())
            finish(top)
    return command


def virtiofsd():
    """The virtiofsd that came with QEMU 7.2: this machine's, or that of bookworm."""
    own, top = "/usr/lib/qemu/virtiofsd", f"{CACHE}/virtiofsd"
    if os.path.exists(own):
        return own
    with Lock("lock"):
        if not complete(top):
            begin(top)
            Apt("bookworm").unpack(["qemu-system-common"], top)
            finish(top)
    return top + own
