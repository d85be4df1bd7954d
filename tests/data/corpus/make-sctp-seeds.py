#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of tests/fuzz/fuzz_sctp.c into the folder sctp beside this file. Checksums are left 0: they are not refused."""
import os
import struct

B, E, U = 2, 1, 4
DATA, INIT, INIT_ACK, SACK, HEARTBEAT, ABORT, SHUTDOWN, SHUTDOWN_ACK = 0, 1, 2, 3, 4, 6, 7, 8
COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE, I_DATA, RE_CONFIG, FORWARD, I_FORWARD = 10, 11, 14, 64, 130, 192, 194
PORT = (50001, 38412)
TAG = [0x11111111, 0x22222222]
TSN = (0xFFFFFFFE, 2000)


def chunk(kind, flags=0, body=b""):
    raw = struct.pack(">BBH", kind, flags, 4 + len(body)) + body
    return raw + bytes(-len(raw) % 4)


def data(flags, tsn, stream, ssn, text):
    return chunk(DATA, flags, struct.pack(">IHHI", tsn & 0xFFFFFFFF, stream, ssn, 60) + text)


def idata(flags, tsn, stream, mid, fsn, text):
    number = 60 if flags & B else fsn
    return chunk(I_DATA, flags, struct.pack(">IHHII", tsn & 0xFFFFFFFF, stream, 0, mid, number) + text)


def sack(tsn):
    return chunk(SACK, 0, struct.pack(">IIHH", tsn & 0xFFFFFFFF, 65536, 0, 0))


def packet(sender, *chunks, flags=0, step=1, tag=None):
    raw = struct.pack(">HHII", PORT[sender], PORT[1 - sender], TAG[1 - sender] if tag is None else tag, 0) + b"".join(chunks)
    return struct.pack(">BBH", sender | flags, step, len(raw)) + raw


def init(kind, sender, tsn, tag=None):
    return packet(sender, chunk(kind, 0, struct.pack(">IIHHI", TAG[sender], 65536, 10, 10, tsn)), tag=tag)


def handshake(tsn=TSN):
    return (init(INIT, 0, tsn[0], tag=0) + init(INIT_ACK, 1, tsn[1]) +
            packet(0, chunk(COOKIE_ECHO, 0, b"cookie")) + packet(1, chunk(COOKIE_ACK)))


A, M = TSN
seeds = {
    "shutdown": handshake() + packet(0, data(B | E, A, 0, 0, b"one")) + packet(1, sack(A), data(B | E, M, 0, 0, b"two")) +
    packet(1, chunk(SHUTDOWN, 0, struct.pack(">I", A))) + packet(0, chunk(SHUTDOWN_ACK)) + packet(1, chunk(SHUTDOWN_COMPLETE)),
    "fragments": handshake() + packet(0, data(E, A + 2, 0, 0, b"3"), data(0, A + 1, 0, 0, b"2")) +
    packet(0, data(B, A, 0, 0, b"1")) + packet(0, data(B | E, A + 3, 0, 1, b"4"), data(B | E, A, 0, 0, b"1")),
    "unordered": handshake() + packet(0, data(U | B | E, A + 3, 0, 0, b"u")) + packet(0, data(U | B, A + 1, 0, 0, b"v")) +
    packet(0, data(U | E, A + 2, 0, 0, b"w")) + packet(0, data(B | E, A, 0, 0, b"x")),
    "idata": handshake() + packet(0, idata(B, A, 1, 0, 0, b"a"), idata(B, A + 1, 2, 0, 0, b"b")) +
    packet(0, idata(E, A + 3, 2, 0, 1, b"d")) + packet(0, idata(E, A + 2, 1, 0, 1, b"c")) +
    packet(0, idata(B | U, A + 4, 1, 0, 0, b"e"), idata(E | U, A + 5, 1, 0, 1, b"f")),
    "gap-timeout": handshake() + packet(0, data(B | E, A + 1, 1, 1, b"b")) + packet(0, data(B, A + 3, 1, 2, b"c")) +
    packet(1, chunk(HEARTBEAT, 0, b"hb"), step=70) + packet(0, data(E, A + 4, 1, 2, b"d")),
    "gap-sack": handshake() + packet(0, data(B | E, A + 1, 1, 1, b"b")) + packet(0, data(B | E, A + 4, 1, 4, b"c")) +
    packet(1, sack(A + 1)) + packet(1, sack(A + 4)),
    "forward": handshake() + packet(0, data(B, A, 1, 0, b"a")) + packet(0, data(B | E, A + 2, 1, 1, b"b")) +
    packet(0, chunk(FORWARD, 0, struct.pack(">IHH", (A + 1) & 0xFFFFFFFF, 1, 0))),
    "i-forward": handshake() + packet(0, idata(B, A, 1, 0, 0, b"a"), idata(B | U, A + 1, 1, 0, 0, b"b")) +
    packet(0, chunk(I_FORWARD, 0, struct.pack(">IHHIHHI", (A + 3) & 0xFFFFFFFF, 1, 0, 0, 1, 1, 0))) +
    packet(0, idata(B | E, A + 4, 1, 1, 0, b"c")),
    "adopted": packet(0, data(B | E, 77, 3, 9, b"up")) + packet(1, sack(77), data(B | E, 99, 3, 9, b"down")) +
    packet(0, data(B | E, 75, 3, 7, b"late")) + packet(0, data(B | E, 5000000, 3, 10, b"far")) +
    packet(0, data(B | E, 5000001, 3, 11, b"far")),
    "two-paths": packet(0, data(B | E, 77, 3, 9, b"up")) + packet(1, sack(77), flags=2) +
    packet(1, data(B | E, 99, 3, 9, b"down"), flags=2) + packet(0, data(B | E, 78, 3, 10, b"up"), flags=4),
    "abort-reflected": handshake() + packet(0, data(B, A, 0, 0, b"a")) + packet(1, chunk(ABORT, 1), tag=TAG[1]),
    "truncated": handshake() + packet(0, data(B | E, A, 0, 0, b"0123456789")[:22], flags=8) +
    packet(0, data(B, A + 1, 0, 1, b"0123456789")[:22], flags=8) + packet(0, data(E, A + 2, 0, 1, b"end")),
    "reset": handshake() + packet(0, data(B | E, A, 1, 0, b"a")) + packet(0, chunk(RE_CONFIG, 0, bytes(12))) +
    packet(0, data(B | E, A + 2, 1, 1, b"c")) + packet(0, data(B | E, A + 1, 1, 0, b"b")),
    "idle": handshake() + packet(0, data(B, A, 1, 0, b"a")) + packet(0, chunk(HEARTBEAT, 0, b"hb"), step=250),
}
first = handshake() + packet(0, data(B | E, A, 0, 0, b"before"))
TAG[0] += 1
TAG[1] += 1
seeds["restart"] = first + handshake((7, 8)) + packet(1, data(B | E, 8, 0, 0, b"after"))
seeds["crossed"] = (init(INIT, 0, 7, tag=0) + init(INIT, 1, 8, tag=0) + init(INIT_ACK, 0, 7) + init(INIT_ACK, 1, 8) +
                    packet(0, data(B | E, 7, 0, 0, b"a")))
many = b""
for n in range(10):
    TAG[1] += 7919
    many += packet(0, data(B if n % 2 else B | E, 100 * n, 0, 0, b"flood"), flags=n % 4 * 2)
seeds["flood"] = many

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sctp")
os.makedirs(folder, exist_ok=True)
for name, raw in seeds.items():
    with open(os.path.join(folder, name), "wb") as f:
        f.write(raw)
