#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The lab as a whole: what it builds, what it plays as others see it on the wire, and that it leaves nothing behind.

usage: test_lab.py SAURON [sctp]   (sctp: that part alone; needs root, iproute2, tcpdump and tshark)
"""
import collections
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
PREFIX = f'snt{os.getpid()}-'
NAMESPACES = ['gnb', 'amf', 'upf', 'dn']
PROCEDURES = {'4': 'DownlinkNASTransport', '14': 'InitialContextSetup', '15': 'InitialUEMessage', '21': 'NGSetup',
              '24': 'Paging', '28': 'PDUSessionResourceRelease', '29': 'PDUSessionResourceSetup', '41': 'UEContextRelease',
              '42': 'UEContextReleaseRequest', '46': 'UplinkNASTransport'}
failures = 0


def check(what, ok, more=''):
    global failures
    print(('ok - ' if ok else 'not ok - ') + what + ('' if ok else f': {more}'), flush=True)
    failures += not ok


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


def command(*words, prefix=PREFIX):
    return [PROGRAM, 'lab', *words, '--prefix', prefix, '--state-dir', STATE]


def lab(*words, prefix=PREFIX, **more):
    return subprocess.run(command(*words, prefix=prefix), capture_output=True, text=True, timeout=60, **more)


def out(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


def namespaces(prefix=PREFIX):
    return sorted(n for n in os.listdir('/run/netns') if n.startswith(prefix)) if os.path.isdir('/run/netns') else []


def links(ns):
    return sorted(re.findall(r'^(\w+)', out('ip', '-n', PREFIX + ns, '-br', 'link'), re.M))


def players():
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as f:
                if PREFIX.encode() in f.read() and int(pid) != os.getpid():
                    found.append(pid)
        except OSError:
            pass
    return found


def nothing_left(what):
    check(f'{what}: no namespace', not namespaces(), namespaces())
    check(f'{what}: no process', not players(), players())
    check(f'{what}: no file', not os.path.exists(STATE), os.path.exists(STATE) and os.listdir(STATE))
    check(f'{what}: interfaces of this machine as before', out('ip', '-o', 'link') == LINKS_BEFORE)


class Tap:
    """tcpdump at one end of N2."""

    def __init__(self, ns, folder):
        self.file = os.path.join(folder, ns + '.pcap')
        self.process = subprocess.Popen(['ip', 'netns', 'exec', PREFIX + ns, 'tcpdump', '-U', '-B', '65536', '-s', '0', '-ni', 'n2',
                                         '-w', self.file], stderr=subprocess.PIPE, text=True)
        self.process.stderr.readline()  # "listening on"

    def stop(self):
        time.sleep(1)
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate()[1]
        return '0 packets dropped by kernel' in said

    def fields(self, show, *names):
        words = ['tshark', '-r', self.file, '-o', 'nas-5gs.null_decipher:TRUE', '-o', 'sctp.checksum:crc-32c', '-Y', show, '-T', 'fields']
        for name in names:
            words += ['-e', name]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()


def ngap_counts(tap):
    """(procedure, pdu) → count. Bundled messages share a line: their values come in the same order."""
    counts = collections.Counter()
    pdus = ['initiatingMessage', 'successfulOutcome', 'unsuccessfulOutcome']
    for line in tap.fields('ngap', 'ngap.procedureCode', 'ngap.NGAP_PDU'):
        codes, kinds = (part.split(',') for part in line.split('\t'))
        for code, kind in zip(codes, kinds, strict=True):
            counts[PROCEDURES[code], pdus[int(kind)]] += 1
    return counts


def early_acks(tap):
    """Frames with a SACK for a TSN that its sender cannot have seen."""
    newest, early = {}, []
    for line in tap.fields('sctp', 'frame.number', 'ip.src', 'ip.dst', 'sctp.data_tsn_raw', 'sctp.sack_cumulative_tsn_ack_raw',
                           'sctp.initack_initial_tsn', 'sctp.init_initial_tsn'):
        frame, src, dst, tsn, ack, *first = line.split('\t')
        if ack and (int(ack) - newest.get((dst, src), 0)) % 2**32 < 2**31 and int(ack) != newest.get((dst, src)):
            early.append(frame)
        for value in first:
            if value:
                newest[src, dst] = (int(value) - 1) % 2**32
        if tsn:
            newest[src, dst] = int(tsn.split(',')[-1])
    return early


def early_answers(tap):
    """Frames with a message of a UE before its first, or with an outcome before the request."""
    known, asked, early = set(), set(), []
    for line in tap.fields('ngap', 'frame.number', 'ip.src', 'ip.dst', 'ngap.procedureCode', 'ngap.NGAP_PDU', 'ngap.RAN_UE_NGAP_ID'):
        frame, src, dst, codes, kinds, ids = line.split('\t')
        gnb, ids = max(src, dst), iter(ids.split(','))
        for code, kind in zip(codes.split(','), kinds.split(',')):
            if code in ('21', '24'):
                continue
            ue = gnb, next(ids)
            if code == '15':
                known.add(ue)
            if kind == '0':
                asked.add((ue, code))
            if ue not in known or (ue, code) not in asked:
                early.append(frame)
    return early


def nas_counts(tap):
    counts = collections.Counter()
    for line in tap.fields('nas-5gs', 'nas_5gs.mm.message_type', 'nas_5gs.sm.message_type'):
        for value in line.replace('\t', ',').split(','):
            if value:
                counts[int(value, 16)] += 1
    return counts


def analyze_agrees(name, tap, sent):
    """The program's own eyes: messages, NAS messages by name, causes of failed context setups, and nothing lost."""
    seen = json.loads(out(PROGRAM, 'analyze', tap.file, '--format', 'json'))['n2']

    def table(rows, *keys):
        counts = collections.Counter()
        for row in rows:
            counts[tuple(row[key] for key in keys)] += row['count']
        return counts
    for what, *keys in (('messages', 'protocol', 'procedure', 'pdu'), ('nas', 'message', 'in_container')):
        mine, theirs = table(sent[what], *keys), table(seen[what], *keys)
        check(f'{name}: analyze counts the same {what}', mine == theirs, f'missed {mine - theirs}, made up {theirs - mine}')
    causes = [c for p in seen['procedures'] if p['procedure'] == 'InitialContextSetup' for c in p['causes'] if c['group'] != 'observed']
    mine, theirs = table(sent['causes'], 'group', 'cause'), table(causes, 'group', 'cause')
    check(f'{name}: analyze counts the same causes', mine == theirs, f'missed {mine - theirs}, made up {theirs - mine}')
    check(f'{name}: analyze lost nothing', not seen['losses'], seen['losses'])


def test_up():
    r = lab('up')
    check('up succeeds', r.returncode == 0, r.stderr)
    check('the namespaces are there', namespaces() == sorted(PREFIX + n for n in NAMESPACES), namespaces())
    for ns, want in {'gnb': ['lo', 'n2', 'n3'], 'amf': ['lo', 'n2', 'n4'], 'upf': ['lo', 'n3', 'n4', 'n6'], 'dn': ['lo', 'n6']}.items():
        check(f'interfaces of {ns}', links(ns) == want, links(ns))
    ping = subprocess.run(['ip', 'netns', 'exec', PREFIX + 'gnb', 'ping', '-c1', '-W2', '10.10.2.1'], capture_output=True) \
        if shutil.which('ping') else None
    check('the AMF answers the gNB', ping is None or ping.returncode == 0)


def test_wire(folder, *options):
    taps = [Tap('amf', folder), Tap('gnb', folder)]
    r = lab('run', *options, '--transport', 'packets', '--format', 'json')
    whole = [tap.stop() for tap in taps]
    name = ' '.join(options)
    check(f'{name}: plays', r.returncode == 0, r.stderr)
    sent = json.loads(r.stdout)
    want = collections.Counter({(m['procedure'], m['pdu']): m['count'] for m in sent['messages']})
    check(f'{name}: the account adds up', sum(want.values()) == sent['messages_sent'] > 100, sent['messages_sent'])
    for tap, complete in zip(taps, whole):
        end = os.path.basename(tap.file)
        check(f'{name}: {end}: nothing lost by tcpdump', complete)
        seen = ngap_counts(tap)
        check(f'{name}: {end}: every message once', seen == want, f'seen {seen - want}, missed {want - seen}')
        check(f'{name}: {end}: nothing malformed', not tap.fields('_ws.malformed', 'frame.number'))
        good = tap.fields('sctp.checksum.status == "Good"', 'frame.number')
        check(f'{name}: {end}: checksums hold', len(good) == sent['packets'], len(good))
        acks = early_acks(tap)
        check(f'{name}: {end}: nothing is acknowledged before it was sent', not acks, acks[:3])
        check(f'{name}: {end}: no ABORT, no ICMP, no ARP', not tap.fields('icmp || arp || sctp.chunk_type in {6, 9}', 'frame.number'))
        answers = early_answers(tap)
        check(f'{name}: {end}: no answer before the question', not answers, answers[:3])
        packets = len(tap.fields('sctp', 'frame.number'))
        check(f'{name}: {end}: every packet once', packets == sent['packets'], f"{packets} of {sent['packets']}")
        again = tap.fields('sctp.retransmission', 'frame.number')
        check(f'{name}: {end}: no TSN twice', not again, again[:3])
    seen = nas_counts(taps[0])
    want = sum(m['count'] for m in sent['nas'])
    check(f'{name}: every NAS message', sum(seen.values()) == want, f'{sum(seen.values())} of {want}')
    analyze_agrees(name, taps[0], sent)
    return sent, taps[0]


def test_sctp(folder, *options):
    """The same over kernel SCTP, where this kernel has it."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).close()
    except OSError as error:
        r = lab('run', 'normal-day', '--transport', 'sctp')
        check('a kernel without SCTP says so', r.returncode == 1 and 'no SCTP' in r.stderr, r.stderr)
        print(f'skipped: SCTP sockets: {error}')
        return
    taps = [Tap('amf', folder), Tap('gnb', folder)]
    r = lab('run', *options, '--format', 'json')
    whole = [tap.stop() for tap in taps]
    name = 'sctp: ' + ' '.join(options)
    check(f'{name}: plays', r.returncode == 0, r.stderr)
    sent = json.loads(r.stdout)
    want = collections.Counter({(m['procedure'], m['pdu']): m['count'] for m in sent['messages']})
    check(f'{name}: is taken without being asked for', sent['transport'] == 'sctp')
    check(f'{name}: all that was sent came out', sent['received'] == sent['messages_sent'] == sum(want.values()) > 100, sent)
    for tap, complete in zip(taps, whole):
        end = os.path.basename(tap.file)
        check(f'{name}: {end}: nothing lost by tcpdump', complete)
        seen = ngap_counts(tap)
        check(f'{name}: {end}: every message once', seen == want, f'seen {seen - want}, missed {want - seen}')
        check(f'{name}: {end}: nothing malformed', not tap.fields('_ws.malformed', 'frame.number'))
        check(f'{name}: {end}: no ABORT', not tap.fields('sctp.chunk_type in {6, 9}', 'frame.number'))


def test_identifiers(sent, tap):
    """Contexts have identifiers of their own; a TMSI that a UE uses was given to a UE before."""
    lines = tap.fields('ngap.procedureCode == 14 && ngap.NGAP_PDU == 0', 'ngap.AMF_UE_NGAP_ID', 'ngap.procedureCode')
    ids = [line.split('\t')[0] for line in lines if ',' not in line]  # bundled messages tell no apart whose is which
    check('AMF UE NGAP IDs are not reused', len(ids) == len(set(ids)) > 50, len(ids))
    given, used = set(), set()
    for line in tap.fields('nas_5gs.5g_tmsi', 'nas_5gs.mm.message_type', 'nas_5gs.5g_tmsi'):
        types, tmsis = line.split('\t')
        (given if {'0x42', '0x54'} & set(types.split(',')) else used).update(tmsis.split(','))
    check('a 5G-TMSI in use was given before', used and used <= given, sorted(used - given)[:3])
    suci = set(v for line in tap.fields('nas_5gs.mm.suci.msin', 'nas_5gs.mm.suci.msin') for v in line.split(','))
    check('each UE has its own MSIN', len(suci) > 0.8 * sent['ues']['arrived'] > 20, (len(suci), sent['ues']))
    names = set(tap.fields('ngap.RANNodeName', 'ngap.RANNodeName'))
    check('gNBs by their names', names == {f'lab-gnb-{n}' for n in range(1, sent['gnbs'] + 1)}, names)


def test_seed():
    accounts = [json.loads(lab('run', 'signalling-storm', '--rate', 'max', '--ues', '500', '--seed', '7', '-f', 'json').stdout)
                for _ in range(2)]
    check('two runs at once after one another', all(a['ues'] == {'arrived': 500, 'finished': 500} for a in accounts), accounts)
    check('the same seed plays the same', accounts[0]['messages'] == accounts[1]['messages'])


def start(*words, prefix=PREFIX):
    process = subprocess.Popen(command('run', 'normal-day', '--transport', 'packets', *words, prefix=prefix),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.7)
    return process


def test_two_at_once():
    first = start('-f', 'json')
    r = lab('run', 'normal-day')
    check('a second play in the same lab is refused', r.returncode == 1 and 'already' in r.stderr, r.stderr)
    other = PREFIX + 'b-'
    check('another lab beside it', lab('up', prefix=other).returncode == 0)
    r = lab('run', 'auth-failures', '--rate', '50', '--duration', '1', prefix=other)
    check('plays at the same time', r.returncode == 0 and first.poll() is None, r.stderr)
    check('and goes', lab('down', prefix=other).returncode == 0 and not namespaces(other))
    first.send_signal(signal.SIGINT)
    said = first.communicate(timeout=10)[0]
    check('Ctrl-C ends it with the account', first.returncode == 0 and json.loads(said)['messages_sent'] > 0, said)


def test_kill():
    process = start()
    process.kill()
    process.communicate()
    r = lab('up')
    check('up after kill -9 of the player', r.returncode == 0, r.stderr)
    process = start()
    r = lab('up')
    check('up ends what plays', r.returncode == 0 and process.wait(10) is not None, r.stderr)
    process.communicate()
    for delay in (0.002, 0.006, 0.012, 0.02):
        builder = subprocess.Popen(command('up'), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        builder.kill()
        builder.wait()
        r = lab('up')
        check(f'up after kill -9 of up at {delay * 1000:.0f} ms', r.returncode == 0 and links('upf') == ['lo', 'n3', 'n4', 'n6'], r.stderr)
    keeper = subprocess.Popen(['ip', 'netns', 'exec', PREFIX + 'amf', 'sleep', '30'])
    time.sleep(0.2)
    process = start()
    r = lab('down')
    check('down ends what plays', r.returncode == 0 and process.wait(10) is not None, r.stderr)
    process.communicate()
    left = out('nsenter', '-t', str(keeper.pid), '-n', 'ip', '-br', 'link') if shutil.which('nsenter') else ''
    check('no interface stays where somebody keeps the namespace alive', 'n2' not in left and 'n4' not in left, left)
    keeper.kill()
    keeper.wait()


def test_refusals():
    check('down without a lab is fine', lab('down').returncode == 0)
    r = lab('run', 'normal-day', '--transport', 'packets')
    check('run without a lab says what to do', r.returncode == 1 and 'lab up' in r.stderr, r.stderr)
    lab('down')
    for words in (['run'], ['run', 'nonsense'], ['run', 'normal-day', '--rate', '-3'], ['run', 'normal-day', '--ues', 'x'], ['dance'], [],
                  ['run', 'normal-day', '--gnbs', '64'], ['up', 'normal-day']):
        r = lab(*words)
        check(f'usage: {" ".join(words)}', r.returncode == 2 and r.stderr and not r.stdout, (r.returncode, r.stderr))
    check('a prefix that is a path is refused', lab('up', prefix='../x').returncode == 2)
    check('--list explains', 'signalling-storm' in lab('run', '--list').stdout)


def test_sctp_both(folder):
    test_sctp(folder, 'normal-day', '--rate', '20', '--duration', '5')
    test_sctp(folder, 'signalling-storm', '--rate', 'max', '--ues', '100')


def test_sctp_alone(folder):
    test_up()
    test_sctp_both(folder)
    lab('down')
    nothing_left('down')


def test_all(folder):
    test_up()
    account, capture = test_wire(folder, 'normal-day', '--rate', '60', '--duration', '5')
    test_identifiers(account, capture)
    account, _ = test_wire(folder, 'context-setup-failures', '--rate', '60', '--duration', '3')
    check('causes are told', sum(c['count'] for c in account['causes']) > 10, account['causes'])
    test_wire(folder, 'slice-rejection', '--rate', '60', '--duration', '2', '--gnbs', '7')
    test_wire(folder, 'signalling-storm', '--rate', 'max', '--ues', '700', '--seed', '3')
    test_wire(folder, 'signalling-storm', '--rate', 'max', '--ues', '20')
    test_sctp_both(folder)
    test_seed()
    test_two_at_once()
    test_kill()
    nothing_left('down')
    test_refusals()
    nothing_left('after refusals')


if os.geteuid() != 0:
    skip('the lab needs root')
for tool in ('tcpdump', 'tshark', 'ip'):
    if not shutil.which(tool):
        skip(f'{tool} is not installed')
if subprocess.run(['unshare', '-n', 'true'], capture_output=True).returncode != 0:
    skip('network namespaces cannot be made here')

LINKS_BEFORE = out('ip', '-o', 'link')
STATE = tempfile.mktemp(prefix='sauron-lab-state-')
with tempfile.TemporaryDirectory() as scratch:
    try:
        test_all(scratch) if sys.argv[2:] != ['sctp'] else test_sctp_alone(scratch)
    finally:
        lab('down')
        lab('down', prefix=PREFIX + 'b-')
print(f'{failures} failed')
sys.exit(failures != 0)
