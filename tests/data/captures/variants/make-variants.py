#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the recording nea2-registration-n2.pcapng again in the other formats, link layers and IP forms that sauron reads.

Needs only the standard library and editcap. Every file holds the same 21 SCTP packets at the same times (to the microsecond
where the format has no better), so whatever reads them must find the same messages. Run it in this folder; the same
input gives the same bytes.
"""
import gzip
import struct
import subprocess

SOURCE = "../nea2-registration-n2.pcapng"
NAME = "nea2-registration-"
ETHERNET, NULL, RAW, LOOP, SLL, IPV4, SLL2 = 1, 0, 101, 108, 113, 228, 276
MAC_LEN = 14


def read_source():
    """(time in ns, frame) of the recording, by way of editcap's nanosecond pcap."""
    data = subprocess.run(["editcap", "-F", "nsecpcap", SOURCE, "-"], check=True, capture_output=True).stdout
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D
    frames, at = [], 24
    while at < len(data):
        sec, nsec, size, _ = struct.unpack_from("<IIII", data, at)
        frames.append((sec * 10**9 + nsec, data[at + 16:at + 16 + size]))
        at += 16 + size
    return frames


def pcap(name, frames, link, order="<", magic=0xA1B2C3D4):
    per_tick = 1 if magic == 0xA1B23C4D else 1000
    extra = struct.pack(order + "IHBx", 3, 0x0800, 0) if magic == 0xA1B2CD34 else b""
    with open(NAME + name + ".pcap", "wb") as f:
        f.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link))
        for time, frame in frames:
            f.write(struct.pack(order + "IIII", time // 10**9, time % 10**9 // per_tick, len(frame), len(frame)) + extra + frame)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link, options=b""):
    return block(order, 1, struct.pack(order + "HHI", link, 0, 262144) + options)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def enhanced(order, number, ticks, frame):
    return block(order, 6, struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)) + frame)


def obsolete(order, number, ticks, frame):
    return block(order, 2, struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)) + frame)


def pcapng_sections(frames):
    """A little-endian section in microseconds and a big-endian one whose two interfaces differ in link type and clock."""
    third = len(frames) // 3
    out = section("<") + interface("<", ETHERNET) + block("<", 4, bytes(4))
    for time, frame in frames[:third]:
        out += enhanced("<", 0, time // 1000, frame)
    # One clock counts 2^-30 s from the year 2020 on, the other nanoseconds.
    start = 1577836800
    out += section(">") + interface(">", RAW, option(">", 9, b"\x9e") + option(">", 14, struct.pack(">q", start)) + option(">", 0, b""))
    out += interface(">", ETHERNET, option(">", 9, b"\x09"))
    for n, (time, frame) in enumerate(frames[third:]):
        if n % 2:
            ticks = ((time - start * 10**9) * 2**30 + 10**9 - 1) // 10**9
            out += enhanced(">", 0, ticks, frame[MAC_LEN:])
        else:
            out += obsolete(">", 1, time, frame)
        out += block(">", 0xBAD, struct.pack(">I", 32473) + b"a custom block")
    with open(NAME + "sections.pcapng", "wb") as f:
        f.write(out)


def checksum(header):
    total = sum(struct.unpack("!%dH" % (len(header) // 2), header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4_pieces(ip, size):
    """The packet's fragments, each with at most `size` octets of payload."""
    header, payload = bytearray(ip[:20]), ip[20:struct.unpack_from("!H", ip, 2)[0]]
    for at in range(0, len(payload), size):
        piece = payload[at:at + size]
        struct.pack_into("!H", header, 2, 20 + len(piece))
        struct.pack_into("!H", header, 6, at // 8 | (0x2000 if at + size < len(payload) else 0))
        header[10:12] = b"\0\0"
        struct.pack_into("!H", header, 10, checksum(bytes(header)))
        yield bytes(header) + piece


def fragments(frames):
    """Every packet cut into pieces of 40 octets, the pieces of every other packet in reverse, one piece of the third twice."""
    out = []
    for n, (time, frame) in enumerate(frames):
        pieces = [frame[:MAC_LEN] + p for p in ipv4_pieces(frame[MAC_LEN:], 40)]
        if n % 2:
            pieces.reverse()
        if n == 2:
            pieces.insert(1, pieces[0])
        out += [(time, p) for p in pieces]
    return out


def to_ipv6(n, ip):
    """The same SCTP packet (its checksum covers no address) with hop-by-hop options, and every third one in two fragments."""
    payload = ip[20:struct.unpack_from("!H", ip, 2)[0]]
    addresses = b"".join(bytes.fromhex("fd000000000000000000ffff") + ip[at:at + 4] for at in (12, 16))

    def packet(kind, rest):
        options = bytes([kind, 0, 1, 4, 0, 0, 0, 0])
        return struct.pack("!IHBB", 6 << 28, 8 + len(rest), 0, 64) + addresses + options + rest

    if n % 3:
        return [packet(132, payload)]
    half = len(payload) // 16 * 8
    return [packet(44, struct.pack("!BBHI", 132, 0, 1, n) + payload[:half]),
            packet(44, struct.pack("!BBHI", 132, 0, half, n) + payload[half:])]


def ipv6(frames):
    ethernet = lambda frame, ip: frame[:12] + b"\x86\xdd" + ip
    return [(time, ethernet(frame, ip)) for n, (time, frame) in enumerate(frames) for ip in to_ipv6(n, frame[MAC_LEN:])]


def main():
    frames = read_source()
    relink = lambda head: [(time, head + frame[MAC_LEN:]) for time, frame in frames]

    pcap("us", frames, ETHERNET)
    pcap("ns-be", frames, ETHERNET, order=">", magic=0xA1B23C4D)
    pcap("modified", frames, ETHERNET, magic=0xA1B2CD34)
    pcap("null", relink(struct.pack("<I", 2)), NULL)
    pcap("loop", relink(struct.pack(">I", 2)), LOOP)
    pcap("raw", relink(b""), RAW)
    pcap("ipv4", relink(b""), IPV4)
    pcap("sll", relink(struct.pack("!HHH8sH", 0, 1, 6, b"\x02\0\0\0\0\x01", 0x0800)), SLL)
    pcap("sll2", relink(struct.pack("!HHIHBB8s", 0x0800, 0, 3, 1, 0, 6, b"\x02\0\0\0\0\x01")), SLL2)
    pcap("qinq", [(t, f[:12] + bytes.fromhex("88a80064810000c8") + f[12:]) for t, f in frames], ETHERNET)
    pcap("fragments", fragments(frames), ETHERNET)
    pcap("ipv6", ipv6(frames), ETHERNET, magic=0xA1B23C4D)
    pcapng_sections(frames)
    with open(SOURCE, "rb") as source, open(NAME + "gzip.pcapng.gz", "wb") as f:
        data = source.read()
        # Two members, as `cat a.gz b.gz` makes them; the cut is within a block.
        f.write(gzip.compress(data[:1801], mtime=0) + gzip.compress(data[1801:], mtime=0))


main()
