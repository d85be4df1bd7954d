#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of tests/fuzz/fuzz_otlp.c into the folder otlp beside this file: requests in protobuf and in JSON, responses."""
import json
import os
import struct


def varint(n):
    raw = b""
    n &= (1 << 64) - 1
    while n > 127:
        raw += bytes([n & 127 | 128])
        n >>= 7
    return raw + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def fixed(field, n):
    return varint(field << 3 | 1) + struct.pack("<Q", n)


def double(field, x):
    return varint(field << 3 | 1) + struct.pack("<d", x)


def message(field, *parts):
    raw = b"".join(p.encode() if isinstance(p, str) else p for p in parts)
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def attribute(field, key, value):
    return message(field, message(1, key), message(2, value))


ANY = [message(1, "text"), message(1, "Z\u00fcrich"), number(2, 1), number(3, -1), double(4, 0.5), message(5, message(1, number(3, 1))),
       message(6, attribute(1, "k", number(2, 0))), message(7, b"\0\xff"), b""]
RESOURCE = message(1, attribute(1, "service.name", message(1, "amf")))
SCOPE = message(1, message(1, "lib"), message(2, "1"))
ATTRIBUTES = [attribute(6, f"a{i}", any) for i, any in enumerate(ANY)]


def request(*records, resource=RESOURCE, scope=SCOPE):
    return message(1, resource, message(2, scope, *records))


def log(*fields):
    return message(2, *fields)


def metric(kind, *points, name="m", more=b""):
    return message(2, message(1, name), message(2, "what"), message(3, "1"), message(kind, more, *points))


FULL = log(fixed(1, 1700000000 * 10**9), number(2, 9), message(3, "INFO"), message(5, ANY[0]), *ATTRIBUTES, number(7, 1),
           message(9, bytes(16)), message(10, bytes(8)), fixed(11, 1), message(12, "an.event"), varint(8 << 3 | 5) + bytes(4))
POINT = message(1, fixed(2, 1), fixed(3, 2), double(4, 0.5), attribute(7, "k", ANY[0]))
INTEGER = message(1, fixed(3, 2), fixed(6, 7))
CUMULATIVE, DELTA = number(2, 2), number(2, 1)
BUCKETS, BOUNDS = struct.pack("<3Q", 1, 2, 3), struct.pack("<2d", 0.5, 1)
PACKED = message(1, fixed(2, 1), fixed(3, 2), fixed(4, 6), double(5, 9), message(6, BUCKETS), message(7, BOUNDS), attribute(9, "k", ANY[3]))
UNPACKED = message(1, fixed(4, 1), fixed(6, 1), fixed(6, 0), double(7, 0.25))

JSON_VALUES = [{"stringValue": "text"}, {"boolValue": True}, {"intValue": "-1"}, {"doubleValue": 0.5}, {"bytesValue": "AP8="},
               {"arrayValue": {"values": []}}, {"kvlistValue": {}}, {}]
JSON_ATTRIBUTES = [{"key": f"a{i}", "value": v} for i, v in enumerate(JSON_VALUES)]
JSON_LOGS = {"resourceLogs": [{"resource": {"attributes": JSON_ATTRIBUTES[:1]}, "scopeLogs": [{
    "scope": {"name": "lib", "version": "1"}, "logRecords": [{
        "timeUnixNano": "1700000000000000000", "observedTimeUnixNano": 1, "severityNumber": 9, "eventName": "an.event",
        "body": {"stringValue": "b"}, "attributes": JSON_ATTRIBUTES}]}]}]}
JSON_METRICS = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
    {"name": "g", "unit": "1", "description": "d", "gauge": {"dataPoints": [{"asDouble": "NaN"}, {"asInt": "1", "flags": 1}]}},
    {"name": "s", "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [{"asInt": "1", "attributes": JSON_ATTRIBUTES[:1]}]}},
    {"name": "h", "histogram": {"aggregationTemporality": 2, "dataPoints": [
        {"count": "3", "sum": 1.5, "bucketCounts": ["1", "2"], "explicitBounds": [0.5]}]}},
    {"name": "x", "summary": {"dataPoints": [{}]}}]}]}]}

SEEDS = {
    "logs": b"l" + request(FULL, log(), log(number(2, 17))),
    "logs-order": b"l" + message(1, message(2, log(), SCOPE), message(2, log()), RESOURCE) + request(FULL, resource=b""),
    "logs-padded": b"l" + bytes.fromhex("0a898080800012848080800012808080000b"),
    "metrics": b"m" + request(metric(5, POINT, INTEGER), metric(7, POINT, more=CUMULATIVE + number(3, 1)),
                              metric(7, INTEGER, more=CUMULATIVE), metric(9, PACKED, UNPACKED, more=CUMULATIVE)),
    "metrics-skipped": b"m" + request(metric(7, POINT, more=DELTA), metric(9, PACKED, more=DELTA), metric(10, POINT), metric(11, POINT),
                                      metric(5, message(1, double(4, 1), number(8, 1)))),
    "response": b"r" + message(1, number(1, 3), message(2, "no room")),
    "response-empty": b"r",
    "json-logs": b"L" + json.dumps(JSON_LOGS).encode(),
    "json-metrics": b"M" + json.dumps(JSON_METRICS).encode(),
}

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "otlp")
os.makedirs(folder, exist_ok=True)
for name, raw in SEEDS.items():
    with open(os.path.join(folder, name), "wb") as f:
        f.write(raw)
