# SPDX-License-Identifier: Apache-2.0
"""A controller with tokens for as many agents as a test wants, started, killed, asked; and the load generator against it."""
import atexit, hashlib, http.client, json, os, re, secrets, signal, socket, ssl, subprocess, time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAURON = os.environ.get('SAURON', os.path.join(TOP, 'build/sauron'))
BUILD = os.environ.get('SN_BUILD', os.path.dirname(os.path.abspath(SAURON)))


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Controller:
    """Tokens are written into its state before it starts: one for each node, and a viewer's, and an operator's. With certs it speaks TLS, and
    nodes have certificates instead."""

    def __init__(self, directory, agents=1, sauron=SAURON, certs=False, build=BUILD, **options):
        self.directory, self.port, self.p, self.sauron = directory, free_port(), None, sauron
        self.state, self.tokens, self.log = (os.path.join(directory, n) for n in ('state', 'tokens', 'controller.log'))
        self.options = {'listen': f'127.0.0.1:{self.port}', 'state_dir': self.state, **options}
        self.url, self.ca, self.certs = f'{"https" if certs else "http"}://127.0.0.1:{self.port}', None, None
        self.viewer, self.operator = secrets.token_hex(32), secrets.token_hex(32)
        self.nodes = {f'node-{i:05}.example.org': secrets.token_hex(32) for i in range(agents)}
        os.makedirs(self.state, mode=0o700)
        rows = [self.row(r, r, t) for r, t in (('viewer', self.viewer), ('operator', self.operator))] + [self.row(n, 'agent', t) for n, t in self.nodes.items() if not certs]
        with open(os.path.join(self.state, 'tokens.json'), 'w') as f:
            json.dump(rows, f)
        with open(self.tokens, 'w') as f:
            f.writelines(f'{n} {t}\n' for n, t in self.nodes.items())
        if certs:
            self.ca, self.certs, self.options['tls'] = os.path.join(self.state, 'ca.pem'), os.path.join(directory, 'certs'), 'on'
            os.makedirs(self.certs)
            subprocess.run([os.path.join(build, 'tests/bench/fleet_join'), self.state, self.tokens, self.certs], check=True)

    @staticmethod
    def row(user, role, token):
        return {'sha256': hashlib.sha256(token.encode()).hexdigest(), 'user': user, 'role': role, 'expires_ns': 0, 'once': False}

    def start(self, wait=20, prepare=None):
        words = [w for k, v in self.options.items() for w in ('--set', f'{k}={v}')]
        self.p = subprocess.Popen([self.sauron, 'controller', *words], stderr=open(self.log, 'a'), preexec_fn=prepare)
        atexit.register(self.p.kill)   # does nothing when it has ended
        until = time.monotonic() + wait
        while time.monotonic() < until and self.p.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.01)
        raise RuntimeError('the controller does not start: ' + open(self.log).read()[-2000:])

    def stop(self, sig=signal.SIGTERM):
        if self.p and self.p.poll() is None:
            self.p.send_signal(sig)
            self.p.wait(60)
        return self.p and self.p.returncode

    def ask(self, method, path, body=None, token=None, headers=(), timeout=60):
        c = (http.client.HTTPSConnection('127.0.0.1', self.port, timeout=timeout, context=ssl.create_default_context(cafile=self.ca))
             if self.ca else http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout))
        h = {'Authorization': f'Bearer {token or self.viewer}', **dict(headers)}
        if isinstance(body, (dict, list)):
            body, h['Content-Type'] = json.dumps(body), 'application/json'
        try:
            c.request(method, path, body=body, headers=h)
            r = c.getresponse()
            return r.status, r.read(), r
        finally:
            c.close()

    def get(self, path, **kw):
        status, data, _ = self.ask('GET', path, **kw)
        return status, json.loads(data) if data[:1] in b'{[' else data

    def records(self, query=''):
        """All records, the oldest first."""
        status, data, _ = self.ask('GET', f'/api/v1/records?format=jsonl&order=oldest{query}')
        if status != 200:
            raise RuntimeError(f'{status} {data[:200]}')
        return [json.loads(line) for line in data.splitlines()]

    def resident(self):
        return int(re.search(r'^VmRSS:\s+(\d+)', open(f'/proc/{self.p.pid}/status').read(), re.M)[1]) * 1024

    def fleet_command(self, build=BUILD, **options):
        options = {'ca': self.ca, 'certs': self.certs, **options}
        words = [f'--{k.replace("_", "-")}' + ('' if v is True else f'={v}') for k, v in options.items() if v is not None]
        return [os.path.join(build, 'tests/bench/fleet'), f'--url={self.url}', f'--tokens={self.tokens}', f'--viewer={self.viewer}', *words]

    def fleet(self, build=BUILD, **options):
        p = subprocess.run(self.fleet_command(build, agents=len(self.nodes), pid=self.p.pid, **options), stdout=subprocess.PIPE, check=True)
        return json.loads(p.stdout)


def value_json(v):
    return {'boolValue': v} if isinstance(v, bool) else {'intValue': str(v)} if isinstance(v, int) else \
        {'doubleValue': v} if isinstance(v, float) else {'stringValue': v}


def log_record(number, time_ns, event='n2.outcome', **attributes):
    return {'timeUnixNano': str(time_ns), 'eventName': event,
            'attributes': [{'key': k, 'value': value_json(v)} for k, v in {'number': number, **attributes}.items()]}


def logs(records, node='liar'):
    return {'resourceLogs': [{'resource': {'attributes': [{'key': 'host.name', 'value': {'stringValue': node}}]},
                              'scopeLogs': [{'logRecords': records}]}]}
