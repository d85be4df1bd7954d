#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of tests/fuzz/fuzz_n2.c into n2/: lives of UEs as records of the target's own list of messages, and the
beginnings of recordings as frames. The numbers are those of message_of() there."""
import os
import struct

HERE = os.path.dirname(os.path.realpath(__file__))
CAPTURES = os.path.join(HERE, '..', 'captures')
UP, DOWN = 0, 128


def record(kind, data):
    return bytes([kind, len(data)]) + data if len(data) < 256 else bytes([kind | 64, min(255, -(-len(data) // 8))]) + data


def say(direction, which, amf, ran, value=0, gnb=0, kind=5):
    return record(kind, bytes([direction | gnb, which, amf, ran, value]))


def wait(seconds):
    milliseconds = int(seconds * 1000)
    return record(3, struct.pack('>H', milliseconds))


def setup(gnb=0):
    return say(UP, 45, 0, 0, 1 + 2 * gnb, gnb) + say(DOWN, 45, 0, 0, 2, gnb)


def register(amf, ran, subscriber, cipher=0, gnb=0):
    return (say(UP, 0, subscriber, ran, 1, gnb) + say(DOWN, 3, amf, ran, 0, gnb) + say(UP, 4, amf, ran, 0, gnb)
            + say(DOWN, 7, amf, ran, cipher, gnb) + say(UP, 8, amf, ran, 0, gnb) + say(DOWN, 25, amf, ran, subscriber | 1, gnb)
            + say(UP, 27, amf, ran, 0, gnb))


def session(amf, ran, number, gnb=0):
    return (say(UP, 18, amf, ran, number, gnb) + say(DOWN, 21, amf, ran, 64 + 8 + number, gnb)
            + say(UP, 23, amf, ran, (72 + number) % 18, gnb))


def release(amf, ran, gnb=0):
    return say(UP, 29, amf, ran, 0, gnb) + say(DOWN, 30, amf - 1, ran - 1, 2, gnb) + say(UP, 31, amf, ran, 0, gnb)


seeds = {
    'registration': setup() + register(1, 1, 3) + session(1, 1, 1) + release(1, 1),
    'ciphered': setup() + register(1, 1, 3, 2) + say(DOWN, 22, 1, 1, 1) + say(UP, 23, 1, 1, 1) + release(1, 1),
    'service': setup() + register(1, 1, 3) + release(1, 1) + say(DOWN, 32, 0, 0, 3) + say(UP, 1, 0, 2, 3)
    + say(DOWN, 12, 2, 2) + say(DOWN, 26, 2, 2, 1) + say(UP, 28, 2, 2, 1),
    'handover': setup() + setup(1) + register(1, 1, 3) + say(UP, 36, 1, 1, 3) + say(DOWN, 38, 1, 0, 0, 1)
    + say(UP, 39, 2, 4, 1, 1) + say(DOWN, 37, 1, 1, 1) + say(UP, 40, 2, 4, 0, 1) + release(1, 1),
    'path-switch': setup() + setup(1) + register(1, 1, 3) + say(UP, 42, 0, 4, 0, 1) + say(DOWN, 43, 1, 5, 1, 1),
    'reset': setup() + register(1, 1, 3) + register(2, 2, 4) + say(UP, 33, 0, 0) + say(DOWN, 35, 0, 0) + say(UP, 34, 1, 1),
    'rejected': setup() + say(UP, 0, 5, 1, 1) + say(DOWN, 10, 1, 1, 7) + say(UP, 0, 6, 2, 3) + say(DOWN, 5, 2, 2, 20)
    + say(DOWN, 6, 2, 2) + release(1, 1),
    'merged': setup() + register(1, 1, 3) + release(1, 1) + say(UP, 2, 0, 2, 1) + say(UP, 13, 2, 2, 3) + say(DOWN, 9, 2, 2, 1),
    'full': b''.join(setup(g) for g in range(8)) + b''.join(register(n % 11 + 1, n % 11 + 1, n, n % 4, n % 8) for n in range(24)),
    'late': setup() + say(UP, 0, 1, 1, 1) + say(DOWN, 25, 1, 1) + wait(3) + say(UP, 27, 1, 1) + wait(60) + wait(60),
    'aborted': setup() + register(1, 1, 3) + record(7, b'\0') + setup() + register(1, 1, 3) + wait(0.2),
    'changed-ids': setup() + register(1, 1, 3) + say(DOWN, 44, 1, 1, 6) + say(UP, 47, 7, 1, 40) + say(UP, 47, 3, 1, 46),
    'clock': setup() + register(1, 1, 3) + record(3, b'\0\1\xff') + register(2, 2, 4) + wait(65) + register(3, 3, 5),
    'sockets': b''.join(say(way, which, 1, 1, 1, 0, 6) for which in (45, 0, 3, 4, 7, 25, 27) for way in (16, 129, 1, 17)),
    'pieces': say(1 | 32, 0, 1, 1, 1, 0, 6) * 3 + say(1, 0, 1, 1, 1, 0, 6) + say(33, 3, 1, 1, 1, 0, 6) + wait(60) * 3,
}


def frames(name, count):
    """The frames of a pcapng file with one section, as records."""
    with open(os.path.join(CAPTURES, name), 'rb') as f:
        data = f.read()
    out, at = b'', 0
    while at < len(data) and count:
        kind, length = struct.unpack_from('<II', data, at)
        if kind == 6:
            captured, = struct.unpack_from('<I', data, at + 20)
            frame = data[at + 28:at + 28 + captured]
            if len(frame) < 256:
                out += record(1, frame)
                count -= 1
        at += length
    return out


seeds['frames-nea0'] = frames('nea0-n2.pcapng', 16)
seeds['frames-nea2'] = frames('nea2-registration-n2.pcapng', 12)
seeds['frames-handover'] = frames('handover-n2.pcapng', 16)

os.makedirs(os.path.join(HERE, 'n2'), exist_ok=True)
for name, data in seeds.items():
    with open(os.path.join(HERE, 'n2', name), 'wb') as f:
        f.write(data)
