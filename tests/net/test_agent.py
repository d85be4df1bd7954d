#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The agent as a whole: starts, watches a packet tap, serves metrics and API, reloads, ends, survives hostile peers and kill -9.

usage: test_agent.py PROGRAM CAPTURE   (needs root, iproute2 and util-linux)
"""
import http.client
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

NOBODY, GROUP = 65534, 54321
failures = 0


def check(what, ok, more=''):
    global failures
    print(('ok - ' if ok else 'not ok - ') + what + ('' if ok else f': {more}'), flush=True)
    failures += not ok


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def out(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('sauron', timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


class Agent:
    """One agent in a directory of its own. Its socket's directory is made by the agent."""

    def __init__(self, name, **more):
        self.dir = os.path.join(TOP, name)
        os.makedirs(self.dir, mode=0o755)
        self.port = free_port()
        self.config = os.path.join(self.dir, 'sauron.yaml')
        self.socket = os.path.join(self.dir, 'run', 'agent.sock')
        self.log = os.path.join(self.dir, 'log')
        self.process = None
        self.configure(**more)

    def configure(self, top='', n2='{}', api=''):
        with open(self.config, 'w') as f:
            f.write(f'state_dir: {self.dir}/state\n'
                    f'metrics: {{listen: "127.0.0.1:{self.port}"}}\n'
                    f'api: {{socket: {self.socket}{api}}}\n'
                    f'{top}modules:\n  n2: {n2}\n')

    def command(self):
        return [PROGRAM, 'agent', '--config', self.config]

    def start(self, **more):
        before = len(self.text()) if os.path.exists(self.log) else 0
        self.process = subprocess.Popen(self.command(), stderr=open(self.log, 'a'), stdout=subprocess.DEVNULL,
                                        cwd='/', **more)
        return wait_for(lambda: self.process.poll() is not None or 'is ready' in self.text()[before:]) and \
            self.process.poll() is None

    def text(self):
        with open(self.log) as f:
            return f.read()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(10)

    def metrics(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=10)
        connection.request('GET', '/metrics')
        answer = connection.getresponse()
        return answer.status, answer.getheader('Content-Type'), answer.read().decode()

    def metric(self, name):
        found = re.search(rf'^{re.escape(name)} (\S+)$', self.metrics()[2], re.M)
        return float(found.group(1)) if found else None

    def ask(self, path, method='GET', body=None):
        connection = UnixConnection(self.socket)
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.getheader('Content-Type'), answer.read().decode()

    def cli(self, *words, **more):
        return subprocess.run([PROGRAM, *words, '--socket', self.socket], capture_output=True, text=True, timeout=30, **more)


# --- frames of a capture, to be played into the tap

def frames(path):
    """Of a little-endian pcapng file with Ethernet frames."""
    with open(path, 'rb') as f:
        data = f.read()
    at, found = 0, []
    while at + 12 <= len(data):
        kind, length = struct.unpack_from('<II', data, at)
        if kind == 6:
            captured = struct.unpack_from('<I', data, at + 20)[0]
            found.append(data[at + 28:at + 28 + captured])
        at += length
    return found


PLAYER = '''
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
data = sys.stdin.buffer.read()
at = 0
while at < len(data):
    n = struct.unpack_from('<I', data, at)[0]
    s.send(data[at + 4:at + 4 + n])
    at += 4 + n
    time.sleep(0.0005)
'''


def play(capture):
    data = b''.join(struct.pack('<I', len(f)) + f for f in frames(capture))
    subprocess.run(['ip', 'netns', 'exec', NETNS, '/usr/bin/python3', '-c', PLAYER, 'tap0'], input=data, check=True)


def message_counts(document):
    return {(m['procedure'], m['pdu']): m['count'] for m in document['n2']['messages']}


def kpi(agent, *words):
    return json.loads(agent.cli('kpi', '--format', 'json', *words).stdout)


# --- the tests

def test_refusals():
    agent = Agent('refused')
    agent.configure(n2='{portz: [1]}')
    result = subprocess.run(agent.command(), capture_output=True, text=True, timeout=10)
    check('a wrong option is refused', result.returncode == 1 and
          f"{agent.config}:5: unknown option 'portz' in modules.n2; did you mean 'ports'?" in result.stderr, result)
    agent.configure()
    os.chmod(agent.dir, 0o777)
    result = subprocess.run(['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', *agent.command()],
                            capture_output=True, text=True, timeout=10)
    check('without privilege it says so and ends', result.returncode == 1 and 'run as root' in result.stderr, result)
    check('… and leaves nothing', sorted(os.listdir(agent.dir)) == ['sauron.yaml'], os.listdir(agent.dir))
    with socket.socket() as s:
        s.bind(('127.0.0.1', agent.port))
        s.listen()
        result = subprocess.run(agent.command(), capture_output=True, text=True, timeout=10)
        check('a port in use is named', result.returncode == 1 and f'port {agent.port} of 127.0.0.1 is in use' in result.stderr,
              result)
    check('… and nothing is left', sorted(os.listdir(agent.dir)) == ['sauron.yaml', 'state'], os.listdir(agent.dir))
    result = agent.cli('kpi')
    check('without an agent the CLI tells the remedy', result.returncode == 1 and "'sauron up'" in result.stderr, result)


def test_metrics_page(agent):
    status, kind, page = agent.metrics()
    check('/metrics answers', status == 200 and kind.startswith('text/plain; version=0.0.4'), (status, kind))
    families, series, problems = {}, set(), []
    for line in page.splitlines():
        word = line.split(' ', 3)
        if line.startswith('# TYPE '):
            if word[2] in families:
                problems.append(f'{word[2]} twice')
            families[word[2]] = word[3]
        elif line.startswith('#'):
            if line.startswith('# HELP ') and len(word) < 4:
                problems.append(f'{word[2]} without help')
        else:
            name = re.match(r'[a-z0-9_]+', line).group()
            if line.rsplit(' ', 1)[0] in series:
                problems.append(f'{line} twice')
            series.add(line.rsplit(' ', 1)[0])
            family = re.sub(r'_(bucket|sum|count)$', '', name) if name not in families else name
            if family not in families:
                problems.append(f'{name} without type')
    for name, kind in families.items():
        if (kind == 'counter') != name.endswith('_total'):
            problems.append(f'{name} is a {kind}')
        if re.search(r'_(ms|ns|milliseconds|kilobytes|count|sum)(_total)?$', name) or not name.startswith('sauron_'):
            problems.append(f'{name} has no good name')
    check('… by the rules of Prometheus', not problems, problems)
    wanted = ['build_info', 'resident_memory_bytes', 'cpu_seconds_total', 'ring_used_bytes', 'ring_size_bytes',
              'bpf_program_runs_total', 'bpf_program_run_seconds_total', 'bpf_map_entries', 'dropped_total', 'hook_attached',
              'config_reloads_total']
    missing = [w for w in wanted if 'sauron_agent_' + w not in families]
    check('… with the own cost', not missing, missing)
    held = {kind: dict(re.findall(r'^sauron_agent_bpf_map_%s(\{.*\}) (\S+)$' % kind, page, re.M)) for kind in ('entries', 'max_entries')}
    full = [m for m, n in held['entries'].items() if float(n) > 0.9 * float(held['max_entries'][m])]
    check('… where no map of an idle agent is nearly full: that would raise an alarm', len(held['max_entries']) > 5 and not full, full)


def test_tap(agent):
    play(CAPTURE)
    wanted = message_counts(json.loads(out(PROGRAM, 'analyze', '--format', 'json', CAPTURE)))
    wait_for(lambda: message_counts(kpi(agent)) == wanted, 5)
    seen = message_counts(kpi(agent))
    check(f'the tap counts what analyze counts ({sum(wanted.values())} messages)', seen == wanted and len(wanted) > 5,
          {k: (seen.get(k), wanted.get(k)) for k in set(seen) | set(wanted) if seen.get(k) != wanted.get(k)})
    ran = sum(map(float, re.findall(r'^sauron_agent_bpf_program_runs_total\{.*\} (\d+)$', agent.metrics()[2], re.M)))
    check('runs of the programs are counted', ran >= len(frames(CAPTURE)), ran)
    table = agent.cli('kpi')
    check('kpi prints a table', table.returncode == 0 and 'InitialContextSetup' in table.stdout, table)
    check('… without colours where there is no terminal', '\033' not in table.stdout)
    by = agent.cli('kpi', '--by', 'gnb', '--format', 'json')
    check('kpi --by gnb', by.returncode == 0 and 'gnb' in by.stdout, by)
    page = agent.cli('kpi', '--format', 'prometheus')
    check('kpi --format prometheus', page.returncode == 0 and '# TYPE sauron_n2_' in page.stdout, page.stdout[:300])
    lines = subprocess.run(['timeout', '-s', 'INT', '2', PROGRAM, 'kpi', '--watch=500ms', '--format=json', '--socket', agent.socket],
                           capture_output=True, text=True).stdout.splitlines()
    check('kpi --watch as JSON: a document per line', len(lines) >= 3 and all('n2' in json.loads(x) for x in lines), len(lines))


def test_reload(agent):
    before = message_counts(kpi(agent))
    agent.configure(top='log_level: debug\nring_size: 1MiB\n', n2='{interfaces: ["tap1@/run/netns/%s"], timeout: 3s}' % NETNS)
    agent.process.send_signal(signal.SIGHUP)
    check('SIGHUP takes the configuration', wait_for(lambda: 'configuration taken from' in agent.text()), agent.text())
    check('… tells what needs a restart', 'ring_size takes effect when the agent is started anew' in agent.text(), agent.text())
    check('… keeps the counters', message_counts(kpi(agent)) == before)
    seen = 'sauron_agent_kernel_seen_total{module="n2"}'
    packets = agent.metric(seen)
    play(CAPTURE)
    check('… and the tap', wait_for(lambda: agent.metric(seen) >= packets + 732, 5), (packets, agent.metric(seen)))
    before = message_counts(kpi(agent))
    agent.configure(n2='{timeout: never}')
    agent.process.send_signal(signal.SIGHUP)
    check('a wrong configuration is refused at a reload', wait_for(lambda: 'the configuration stays as it was' in agent.text()))
    check('… with file and line', f'{agent.config}:5: modules.n2.timeout must be a duration' in agent.text(), agent.text())
    check('… and the counters stay', message_counts(kpi(agent)) == before)
    check('reloads are counted', agent.metric('sauron_agent_config_reloads_total{result="ok"}') == 1 and
          agent.metric('sauron_agent_config_reloads_total{result="failed"}') == 1)


def test_second(agent):
    result = subprocess.run(agent.command(), capture_output=True, text=True, timeout=10)
    # The file is the refused one by now: the lock is beside the socket that it names.
    agent.configure()
    result = subprocess.run(agent.command(), capture_output=True, text=True, timeout=10)
    check('a second start is refused and names the process', result.returncode == 1 and
          f'running already, process {agent.process.pid}' in result.stderr, result)
    check('… and leaves the first alone', agent.ask('/v1/status')[0] == 200)


def test_api(agent):
    status, kind, body = agent.ask('/v1/status')
    document = json.loads(body)
    check('/v1/status', status == 200 and kind == 'application/json' and document['pid'] == agent.process.pid and
          any(h['state'] == 'chosen' for h in document['hooks']), body[:300])
    check('sauron status prints it', 'startup ms' in agent.cli('status').stdout)
    for path, wanted, words in [('/v1/nothing', 404, 'there is nothing at this path'), ('/', 404, 'there is nothing'),
                                ('/v1/kpi?bye=gnb', 400, "did you mean 'by'?"), ('/v1/kpi?by=elephant', 400, 'grouped by'),
                                ('/v1/kpi?ue=ue-0000000000000000', 404, 'ue-0000000000000000'),
                                ('/v1/kpi?by=%ff%00', 400, ''), ('/v1/../etc/passwd', 404, 'nothing')]:
        status, kind, body = agent.ask(path)
        check(f'{path} is answered {wanted}', status == wanted and kind == 'application/json' and
              words in json.loads(body)['error'], (status, body))
    for method in ['POST', 'DELETE', 'PUT', 'OPTIONS', 'BREW']:
        status, _, body = agent.ask('/v1/kpi', method, 'x' * 1000)
        check(f'{method} is refused', status == 405 and 'error' in json.loads(body), (status, body))
    check('HEAD has no body', agent.ask('/v1/status', 'HEAD')[0::2] == (200, ''))
    result = agent.cli('kpi', '--by', 'elephant')
    check('a wrong grouping is wrong usage', result.returncode == 2 and 'slice' in result.stderr, result)
    result = agent.cli('kpi', '--ue', 'ue-0000000000000000')
    check('an unknown UE is told', result.returncode == 1 and 'ue-0000000000000000' in result.stderr, result)


def as_user(gid, *words):
    return subprocess.run(['setpriv', f'--reuid={NOBODY}', f'--regid={gid}', '--clear-groups', *words], capture_output=True,
                          text=True, timeout=30)


def test_peers(agent):
    ask = [PROGRAM, 'status', '--socket', agent.socket]
    check('the socket is for root only', os.stat(agent.socket).st_mode & 0o777 == 0o600, oct(os.stat(agent.socket).st_mode))
    result = as_user(NOBODY, *ask)
    check('another user is not let in', result.returncode == 1 and 'does not answer this user' in result.stderr, result)
    os.chmod(agent.socket, 0o666)
    result = as_user(NOBODY, '/usr/bin/python3', '-c', '''
import http.client, socket, sys
c = http.client.HTTPConnection('sauron')
c.sock = socket.socket(socket.AF_UNIX)
c.sock.connect(sys.argv[1])
c.request('GET', '/v1/status')
print(c.getresponse().status)
''', agent.socket)
    check('… nor where the file would let it: 403', result.stdout == '403\n', result)
    os.chmod(agent.socket, 0o600)


def test_group():
    group = subprocess.run(['getent', 'group', 'nogroup', 'nobody'], capture_output=True, text=True).stdout.split(':')
    if len(group) < 3:
        check('a group to try with', False, 'neither nogroup nor nobody')
        return
    agent = Agent('group')
    agent.configure(api=f', group: {group[0]}')
    check('with api.group it starts', agent.start(), agent.text())
    ask = [PROGRAM, 'status', '--format', 'json', '--socket', agent.socket]
    check('a member by its main group is answered', as_user(group[2], *ask).returncode == 0)
    result = subprocess.run(['setpriv', f'--reuid={NOBODY}', f'--regid={GROUP}', f'--groups={group[2]}', *ask],
                            capture_output=True, text=True)
    check('a member by a further group is answered', result.returncode == 0, result)
    check('others are not', as_user(GROUP, *ask).returncode == 1)
    check('it ends', agent.end() == 0)


def connect(agent, unix):
    s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    s.settimeout(5)
    s.connect(agent.socket if unix else ('127.0.0.1', agent.port))
    return s


def provoke(agent, unix, data):
    """Sends, then reads until the other end has had enough. @return what came back."""
    got = b''
    with connect(agent, unix) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except OSError:
            pass
    return got


def test_hostile(agent):
    page = b'/v1/status'
    requests = [os.urandom(4096), b'\0' * 4096, b'GET', b'GET / HTTP/9.9\r\n\r\n', b'GET ' + b'/' + b'a' * 100000 + b' HTTP/1.1\r\n\r\n',
                b'GET / HTTP/1.1\r\n' + b'X: ' + b'y' * 1000000, b'GET / HTTP/1.1\r\n' + b'A: b\r\n' * 10000 + b'\r\n',
                b'POST ' + page + b' HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n',
                b'GET ' + page + b' HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n',
                b'GET /v1/kpi?' + b'&'.join(b'by=%d' % i for i in range(1500)) + b' HTTP/1.1\r\nHost: x\r\n\r\n',
                b'GET ' + page + b' HTTP/1.1\r\n\r\n' * 200, b'\r\n' * 5000, b'GET %00%00%ff HTTP/1.1\r\nHost: x\r\n\r\n']
    for unix in [False, True]:
        for data in requests:
            provoke(agent, unix, data)
        where = 'the API' if unix else '/metrics'
        alive = agent.ask('/v1/status')[0] == 200 and agent.metrics()[0] == 200
        check(f'garbage sent to {where} does no harm', alive and agent.process.poll() is None, agent.text()[-500:])
    held = []
    for unix in [False, True]:
        for _ in range(60):
            try:
                held.append(connect(agent, unix))
                held[-1].send(b'GET / HT')
            except OSError:
                pass
    check('the agent goes on with 120 half requests open', agent.process.poll() is None)
    # Peers that send an octet now and then keep no place: each has 15 s for its request.
    begin, closed = time.monotonic(), 0
    while held and time.monotonic() - begin < 30:
        for s in held[:]:
            try:
                s.send(b'x')
                readable = select.select([s], [], [], 0)[0]
                if readable and not s.recv(1):
                    raise OSError
            except OSError:
                s.close()
                held.remove(s)
                closed += 1
        time.sleep(1)
    check('slow requests are ended', not held, f'{len(held)} of {closed + len(held)} still open')
    check('… and others are served again', agent.ask('/v1/status')[0] == 200 and agent.metrics()[0] == 200)
    check('no memory was lost to that', agent.metric('sauron_agent_resident_memory_bytes') < 60 << 20,
          agent.metric('sauron_agent_resident_memory_bytes'))


def test_capabilities(agent):
    with open(f'/proc/{agent.process.pid}/status') as f:
        status = dict(line.split(':\t', 1) for line in f.read().splitlines() if ':\t' in line)
    allowed = 1 << 39 | 1 << 12 | 1 << 21  # CAP_BPF, CAP_NET_ADMIN; CAP_SYS_ADMIN for other network namespaces
    kept = int(status['CapPrm'], 16) | int(status['CapBnd'], 16) | int(status['CapInh'], 16) | int(status['CapAmb'], 16)
    check('capabilities are dropped', kept & ~allowed == 0 and status['NoNewPrivs'] == '1', hex(kept))
    check('there is one thread', status['Threads'] == '1', status['Threads'])


def test_notify():
    agent = Agent('notify')
    path = os.path.join(agent.dir, 'notify')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(5)
        check('under a service manager it starts',
              agent.start(env=dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC='600000')), agent.text())
        check('READY is said', s.recv(1000) == b'READY=1')
        check('the watchdog is fed', s.recv(1000) == b'WATCHDOG=1' and s.recv(1000) == b'WATCHDOG=1')
        agent.process.send_signal(signal.SIGHUP)
        said = [m for m in (s.recv(1000) for _ in range(4)) if m != b'WATCHDOG=1']
        check('RELOADING is said, with the time, then READY',
              len(said) >= 2 and re.fullmatch(rb'RELOADING=1\nMONOTONIC_USEC=\d+', said[0]) is not None and said[1] == b'READY=1',
              said)
        check('it ends', agent.end() == 0)
        said = []
        s.settimeout(0.2)
        try:
            while True:
                said.append(s.recv(1000))
        except OSError:
            pass
        check('STOPPING is said', b'STOPPING=1' in said, said)


def test_end(agent):
    check('SIGTERM ends it with 0', agent.end() == 0)
    check('… leaving nothing but its state', not os.path.exists(os.path.dirname(agent.socket)))
    filters = out('ip', 'netns', 'exec', NETNS, 'tc', 'filter', 'show', 'dev', 'tap1', 'ingress')
    check('… and no program on the interface', 'bpf' not in filters, filters)


def test_kill():
    agent = Agent('killed', n2='{interfaces: ["tap1@/run/netns/%s"]}' % NETNS)
    check('a start', agent.start(), agent.text())
    agent.end(signal.SIGKILL)
    check('kill -9 leaves the socket', os.path.exists(agent.socket))
    check('… and the next start works', agent.start(), agent.text())
    play(CAPTURE)
    counts = message_counts(json.loads(out(PROGRAM, 'analyze', '--format', 'json', CAPTURE)))
    check('… and sees each packet once', wait_for(lambda: message_counts(kpi(agent)) == counts, 5),
          (sum(message_counts(kpi(agent)).values()), sum(counts.values())))
    check('… and ends', agent.end() == 0 and not os.path.exists(os.path.dirname(agent.socket)))


class Terminal:
    """A program on a pseudo-terminal of 120 by 40."""

    def __init__(self, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm'
            os.execv(words[0], words)
        import fcntl
        import termios
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
        self.data = b''

    def read_until(self, wanted, seconds):
        end = time.monotonic() + seconds
        while wanted not in self.data and time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                break
            if not part:
                break
            self.data += part
        return wanted in self.data

    def end(self):
        """Ctrl-C. @return the exit code."""
        os.write(self.fd, b'\x03')
        self.read_until(b'nothing that comes', 5)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_terminal(agent):
    terminal = Terminal(PROGRAM, 'kpi', '--watch', '--socket', agent.socket)
    check('kpi --watch draws in place', terminal.read_until(b'InitialContextSetup', 5) and b'\033[?1049h' in terminal.data,
          terminal.data[:300])
    terminal.data = b''
    check('… and again', terminal.read_until(b'\033[H', 5) and terminal.read_until(b'InitialContextSetup', 5))
    check('… until Ctrl-C', terminal.end() == 0)
    check('… which gives the terminal back', b'\033[?25h\033[?1049l' in terminal.data, terminal.data[-100:])
    rows = [r for r in re.sub(rb'\033\[[0-9;?]*[A-Za-z]', b'', terminal.data.split(b'\033[H')[-1]).split(b'\n')]
    check('… no row wider than it', all(len(r.decode(errors='replace').rstrip('\r')) <= 120 for r in rows if b'Ctrl' not in r))


def test_up():
    agent = Agent('up', n2='{interfaces: ["tap1@/run/netns/%s"]}' % NETNS)
    terminal = Terminal(PROGRAM, 'up', '--config', agent.config)
    check('up shows itself on a terminal', terminal.read_until(b'Ctrl-C ends', 10), terminal.data[:500])
    check('… and where the metrics are', f'http://127.0.0.1:{agent.port}/metrics'.encode() in terminal.data)
    play(CAPTURE)
    check('… and the KPIs, moving', terminal.read_until(b'InitialContextSetup', 10), terminal.data[-500:])
    check('Ctrl-C ends it', terminal.end() == 0, terminal.data[-300:])
    check('… and gives the terminal back', b'\033[?1049l' in terminal.data)
    check('… leaving nothing', not os.path.exists(os.path.dirname(agent.socket)))
    process = subprocess.Popen([PROGRAM, 'up', '--config', agent.config], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL)
    time.sleep(1.5)
    play(CAPTURE)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    text = process.communicate(timeout=10)[0]
    check('without a terminal a table is printed', 'InitialContextSetup' in text and '\033' not in text, text[:500])
    check('… and it ends with 0', process.returncode == 0, process.returncode)


def lab_left():
    names = os.listdir('/run/netns') if os.path.isdir('/run/netns') else []
    return [n for n in names if re.fullmatch('sn-(gnb|amf|upf|dn)', n)]


def test_up_lab():
    if lab_left():
        check('no other lab stands here', False, lab_left())
        return
    agent = Agent('lab')
    links = out('ip', '-o', 'link')
    words = [PROGRAM, 'up', '--lab', '--config', agent.config]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=open(agent.log, 'a'))

    def registrations():
        try:
            return sum(c['successes'] for c in kpi(agent)['n2']['chains'] if c['chain'] == 'Registration')
        except (ValueError, KeyError):
            return 0

    check('up --lab shows registrations within 10 s', wait_for(lambda: registrations() > 3, 10), agent.text())
    first = registrations()
    check('… and they move', wait_for(lambda: registrations() > first, 5), first)
    process.kill()
    process.wait()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=open(agent.log, 'a'))
    check('after kill -9 the next start works', wait_for(lambda: registrations() > 0, 10), agent.text())
    process.send_signal(signal.SIGINT)
    check('Ctrl-C ends it', process.wait(20) == 0, agent.text())
    check('… leaving no namespace', not lab_left(), lab_left())
    for milliseconds in [20, 150, 400]:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=open(agent.log, 'a'))
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        code = process.wait(20)
        check(f'Ctrl-C after {milliseconds} ms of start leaves no namespace', not lab_left() and code in (0, -signal.SIGINT),
              (lab_left(), code))
    check('… no interface', out('ip', '-o', 'link') == links)
    check('… no file', not os.path.exists(os.path.dirname(agent.socket)))


PROGRAM, CAPTURE = map(os.path.abspath, sys.argv[1:3])
if os.geteuid() != 0:
    skip('root is needed')
for tool in ['ip', 'tc', 'setpriv']:
    if not shutil.which(tool):
        skip(f'{tool} is missing')
TOP = tempfile.mkdtemp(prefix='sauron-agent-')
os.chmod(TOP, 0o755)
NETNS = f'sna{os.getpid()}'
try:
    subprocess.run(['ip', 'netns', 'add', NETNS], check=True)
    subprocess.run(['ip', '-n', NETNS, 'link', 'add', 'tap0', 'type', 'veth', 'peer', 'name', 'tap1'], check=True)
    for end in ['tap0', 'tap1']:
        subprocess.run(['ip', '-n', NETNS, 'link', 'set', end, 'up'], check=True)
    test_refusals()
    the_agent = Agent('main', n2='{interfaces: ["tap1@/run/netns/%s"]}' % NETNS)
    check('the agent starts', the_agent.start(), the_agent.text())
    test_metrics_page(the_agent)
    test_capabilities(the_agent)
    test_tap(the_agent)
    test_terminal(the_agent)
    test_reload(the_agent)
    test_second(the_agent)
    test_api(the_agent)
    test_peers(the_agent)
    test_hostile(the_agent)
    test_end(the_agent)
    test_group()
    test_notify()
    test_kill()
    test_up()
    test_up_lab()
finally:
    for word in os.listdir('/proc'):
        try:
            if word.isdigit() and TOP in open(f'/proc/{word}/cmdline').read() and int(word) != os.getpid():
                os.kill(int(word), signal.SIGKILL)
        except OSError:
            pass
    subprocess.run(['ip', 'netns', 'del', NETNS])
    shutil.rmtree(TOP, ignore_errors=True)
print(f'{failures} failures' if failures else 'all is well')
sys.exit(failures > 0)
