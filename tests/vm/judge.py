# SPDX-License-Identifier: Apache-2.0
"""What the taps must have seen of messages that are known: a judge's verdict is None, or a sentence on what differs."""
import collections, json, re, struct
from functools import lru_cache

PORT = 38412


class Message:
    def __init__(self, index, direction, stream, data):
        self.index, self.direction, self.stream, self.data = index, direction, stream, data

    @lru_cache(maxsize=None)
    def crc(self, start, end):
        return crc32c(self.data[start:end])


def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for octet in data:
        crc = crc >> 8 ^ TABLE[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF


def read_messages(path):
    """The records of messages.h."""
    data, at, messages = open(path, "rb").read(), 0, []
    while at < len(data):
        length, direction, stream, _ = struct.unpack_from(">IBBH", data, at)
        messages.append(Message(len(messages), direction, stream, data[at + 8:at + 8 + length]))
        at += 8 + length
    return messages


class End:
    """What one end sent, or received: the messages of one direction, in order, of each manner after the other."""

    def __init__(self, name, messages, manners, received, ends_unseen):
        self.name, self.messages, self.manners, self.received = name, messages, manners, received
        self.ends_unseen, self.number, self.offset = ends_unseen, 0, 0

    def where(self):
        m = self.messages[self.number % len(self.messages)]
        manner = self.manners[self.number // len(self.messages)]
        return f"{self.name}, {manner}, message {m.index} of {len(m.data)} octets"

    def take(self, line, seen):
        """The next record of this end. Returns a sentence when it is not what must come."""
        if self.number == len(self.messages) * len(self.manners):
            return f"{self.name}: more than was sent: {line}"
        m = self.messages[self.number % len(self.messages)]
        manner = self.manners[self.number // len(self.messages)]
        size, end = int(seen["size"]), self.offset + int(seen["size"])
        last = end == len(m.data)
        wrong = (end > len(m.data) and "size" or int(seen["captured"]) != size and "captured"
                 or int(seen["crc"], 16) != m.crc(self.offset, end) and "octets"
                 or int(seen.get("stream", m.stream)) != m.stream and "stream" or int(seen.get("ppid", 60)) != 60 and "PPID"
                 or not last and not self.received and "size"
                 or ("partial" in seen) == last and manner not in self.ends_unseen and "partial")
        if wrong:
            return f"{self.where()}, from octet {self.offset}: {wrong}: {line}"
        self.offset = 0 if last else end
        self.number += last
        return None

    def take_later(self, line, seen, most):
        """The same after a gap. Returns how many calls are missing at least, at most `most`, or 0: no gap explains the line."""
        number, offset, size = self.number, self.offset, int(seen["size"])
        for n in range(min(most, len(self.messages) * len(self.manners) - number - 1) + 1):
            self.number = number + n
            ends = len(self.messages[self.number % len(self.messages)].data)
            for self.offset in [ends - size] + ([0] if n else [offset + size]):
                if self.offset >= 0 and not self.take(line, seen):
                    return max(n, 1)
        self.number, self.offset = number, offset
        return 0


def taps(directory, hook, messages):
    """Whether a tap saw every message that was sent and received, once, whole, and nothing else. Where the kernel skipped
    programs (see docs/kernels.md), a call may be missing for every two that it tells: a program and its twin."""
    manners = open(f"{directory}/{hook}.manners").read().split("\n")[:-1]
    # By system calls alone, read() does not tell whether a message ended.
    unseen = [m for m in manners if hook == "tracepoint" and m.endswith(" rw")]
    ends = {}
    for name, port_is_amf, direction in (("gNB sent", False, 0), ("AMF received", True, 0), ("AMF sent", True, 1),
                                         ("gNB received", False, 1)):
        received = name.endswith("received")
        part = [m for m in messages if m.direction == direction]
        ends[port_is_amf, received] = End(name, part, manners, received, unseen if received else ())
    said = open(f"{directory}/{hook}.said").read()
    may_miss = sum(int(n) for n in re.findall(r"^misses=(\d+)", said, re.M)) // 2
    lost = losses(said, may_miss)
    if lost:
        return lost
    for line in open(f"{directory}/{hook}.seen").read().splitlines():
        seen = dict(re.findall(r"(\w+)=(\S+)", line)) | {w: "" for w in line.split() if w in ("partial", "truncated")}
        if not line.startswith("message ") or "local" not in seen:
            return f"a record of an unknown kind: {line}"
        end = ends[seen["local"].endswith(f":{PORT}"), line.startswith("message received")]
        fault = end.take(line, seen)
        missing = end.take_later(line, seen, may_miss) if fault and may_miss else 0
        if fault and not missing:
            return fault
        may_miss -= missing
    for end in ends.values():
        missing = len(end.messages) * len(end.manners) - end.number
        if missing > may_miss:
            return f"{end.where()}: not seen"
        may_miss -= missing
    return None


def losses(said, may_miss):
    """What the kernel side counted as lost, and its errors; but for calls whose exits were skipped, as many as may be."""
    counters = re.search(r"^seen=.*", said, re.M)
    if not counters:
        return "no counters"
    lost = [c for c in counters[0].split() if c.split("=")[0] not in ("seen", "passed") and not c.endswith("=0")]
    lost = [c for c in lost if not c.startswith("state=") or int(c[6:]) > may_miss]
    return f"losses: {' '.join(lost + re.findall(r'^error .*', said, re.M))}" if lost else None


BOTH_ENDS = "lost at tap: seen at both ends, counted once"
# What a packet tap on lo counts besides: the same packet leaving and arriving, without the checksum that the kernel spares itself.
SECOND_SIGHT, NO_CHECKSUM = "lost at sctp: duplicate_tsn", "lost at sctp: bad_checksum"


def counts(document):
    """What a document of n2 counts of the messages themselves; of procedures what does not hang on the pace of the playing."""
    n2, found = document["n2"], collections.Counter()
    for m in n2["messages"]:
        found[f"{m['protocol']} {m['procedure']} {m['pdu']}"] += m["count"]
    for m in n2["nas"]:
        found[f"NAS {m['message']}, {m['security_header']}{', in a container' if m['in_container'] else ''}"] += m["count"]
    found["NAS ciphered"] += n2["nas_ciphered"]
    for p in n2["procedures"]:
        for what in ("attempts", "successes", "failures"):
            found[f"{p['procedure']} {what}"] += p[what]
    return found


def losses_of(document):
    return collections.Counter({f"lost at {loss['stage']}: {loss['reason']}": loss["count"] for loss in document["n2"]["losses"]})


def agent(before, after, recording, packets):
    """Whether the agent counted of what was played meanwhile what `analyze` counts in its recording. Both ends being on the one
    node, it must have seen each message twice, counted it once, and lost nothing."""
    try:
        with open(before) as b, open(after) as a:
            b, a = json.load(b), json.load(a)
        expected = counts(recording)
        expected[BOTH_ENDS] = sum(m["count"] for m in recording["n2"]["messages"])
        counted = counts(a) + losses_of(a)
        counted.subtract(counts(b) + losses_of(b))
    except (OSError, ValueError, KeyError, TypeError) as e:
        return f"the agent's document: {e!r}"
    if packets:
        counted[BOTH_ENDS] += counted.pop(SECOND_SIGHT, 0)
        counted.pop(NO_CHECKSUM, None)
    wrong = [f"{counted[k]} × {k} instead of {expected[k]}" for k in sorted(set(counted) | set(expected))
             if counted[k] != expected[k]]
    more = [f"and {len(wrong) - 6} more"] if len(wrong) > 6 else []
    return "; ".join(wrong[:6] + more) or None
