#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_pcapng and fuzz_packet from the recordings in ../captures/variants. Run it in this folder."""
import os
import struct

VARIANTS = "../captures/variants/nea2-registration-"
HEAD = {"us.pcap": 400, "ns-be.pcap": 400, "modified.pcap": 400, "sll2.pcap": 500, "raw.pcap": 400, "fragments.pcap": 700,
        "ipv6.pcap": 700, "sections.pcapng": 2400}
LINKS = [0, 1, 12, 101, 108, 113, 228, 229, 276]  # in the order of fuzz_packet.c


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def packets(data, count):
    """The link type and the first frames of a pcap file in this machine's byte order."""
    link, frames, at = struct.unpack_from("<I", data, 20)[0], [], 24
    while at < len(data) and len(frames) < count:
        size = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return link, frames


def main():
    for shape, (name, size) in enumerate(HEAD.items()):
        with open(VARIANTS + name, "rb") as f:
            data = f.read()
        # Every second one is read in pieces of some octets, with failures in between.
        write("pcapng/" + name, bytes([0x80 + shape + 5 if shape % 2 else 0]) + data[:size])
    for name in ("us", "null", "loop", "raw", "ipv4", "sll", "sll2", "qinq", "fragments", "ipv6"):
        with open(VARIANTS + name + ".pcap", "rb") as f:
            link, frames = packets(f.read(), 8 if name in ("fragments", "ipv6") else 2)
        write("packet/" + name, bytes([LINKS.index(link)]) + b"".join(struct.pack("!HB", len(f), 1) + f for f in frames))


main()
