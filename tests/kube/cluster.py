# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes API server with its etcd, for a test: real programs on loopback, no kubelet, scheduler or controller.

    with cluster.Cluster() as k:                          # build.Skip when it cannot be had here
        k.url, k.ca, k.token                              # for the program under test: as cluster-admin
        k.service_account('sauron', 'sauron-agent', RULES)
        k.service_token('sauron', 'sauron-agent')         # as a pod has it, by the TokenRequest API
        k.api.list(path('Pod'), fieldSelector='spec.nodeName=node-1')
        k.create_nodes(['node-1']); k.create_pods(objects.pods(1000, ['node-1'])); k.delete_all('Pod')
        k.restart_server(signal.SIGKILL)                  # the same port, the same etcd
        with k.relay() as r: r.url, r.cut(), r.freeze()   # what goes wrong in a network

All of it lies in a directory of its own and ends with the test, even with kill -9: see keeper.py.
"""
import http.client
import itertools
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import build
from api import Api, ApiError
from objects import meta, namespace, node, node_ip, path, path_of, path_to_make, pod_ip, running
from relay import Relay

HERE = os.path.dirname(os.path.realpath(__file__))
READY_S = 120
RULES = [{'apiGroups': [''], 'resources': ['pods', 'nodes', 'namespaces', 'services'], 'verbs': ['get', 'list', 'watch']},
         {'apiGroups': ['discovery.k8s.io'], 'resources': ['endpointslices'], 'verbs': ['get', 'list', 'watch']}]
NAMESPACED = ['Pod', 'Service', 'EndpointSlice', 'ServiceAccount', 'Lease']
# Sockets of its directory, which it wants named like hosts with ports.
ETCD = ['--data-dir=etcd', '--listen-client-urls=unix://etcd:1', '--advertise-client-urls=unix://etcd:1',
        '--listen-peer-urls=unix://peer:1', '--initial-advertise-peer-urls=unix://peer:1',
        '--initial-cluster=default=unix://peer:1', '--unsafe-no-fsync', '--log-level=warn']
# No controller makes the default service accounts, and none keeps the endpoints of the API server itself.
SERVER = ['--etcd-servers=unix://etcd:1', '--tls-cert-file=server.pem', '--tls-private-key-file=server.key', '--cert-dir=.',
          '--service-account-issuer=https://kubernetes.default.svc', '--service-account-key-file=accounts.pub',
          '--service-account-signing-key-file=accounts.key', '--token-auth-file=tokens.csv', '--authorization-mode=RBAC',
          '--service-cluster-ip-range=10.96.0.0/12', '--disable-admission-plugins=ServiceAccount',
          '--endpoint-reconciler-type=none', '--advertise-address=192.0.2.1', '--allow-privileged=true',
          '--delete-collection-workers=4', '--profiling=false',
          '--shutdown-watch-termination-grace-period=1s']


class Failed(Exception):
    """A server did not start, or has ended."""


class Keeper:
    """The process that the servers are children of."""

    def __init__(self, directory):
        self.lock = threading.Lock()
        self.process = subprocess.Popen([sys.executable, f'{HERE}/keeper.py', directory], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, start_new_session=True)

    def __call__(self, *words):
        with self.lock:
            try:
                self.process.stdin.write(json.dumps(words) + '\n')
                self.process.stdin.flush()
                answer = json.loads(self.process.stdout.readline())
            except (OSError, ValueError) as e:
                raise Failed('the keeper of the servers has ended') from e
        if 'error' in answer:
            raise Failed(answer['error'])
        return answer['ok']

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Cluster:
    def __init__(self, address='127.0.0.1', version=build.VERSION, flags=()):
        """flags are more of kube-apiserver's."""
        self.address, self.version, self.flags = address, version, list(flags)
        self.dir = self.keeper = self.api = None
        self.nodes = {}                      # by name: its number, a counter of its pods' addresses

    # --- start and stop

    def start(self):
        programs = build.build(self.version)
        self.dir = tempfile.mkdtemp(prefix='sauron-kube-')
        self.keeper = Keeper(self.dir)
        try:
            self.ca, self.token = f'{self.dir}/ca.pem', secrets.token_hex(16)
            self.programs, self.pids = programs, {}
            self.make_keys()
            self.run('etcd', ETCD)
            self.start_at_some_port()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self.api:
            self.api.pool.shutdown(cancel_futures=True)
        if self.keeper:
            self.keeper.close()
        self.keeper = self.api = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def make_keys(self):
        def openssl(*words):
            r = subprocess.run(['openssl', *words], cwd=self.dir, capture_output=True, text=True)
            if r.returncode:
                raise Failed(f'openssl {words[0]}: {r.stderr}')
        curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30']
        names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
        names = ','.join([f'IP:{self.address}', *(f'DNS:{n}' for n in names)])
        openssl('req', '-x509', *curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca',
                '-addext', 'keyUsage=keyCertSign')
        openssl('req', '-x509', *curve, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'server.key', '-out', 'server.pem',
                '-subj', '/CN=kube-apiserver', '-addext', 'basicConstraints=critical,CA:FALSE',
                '-addext', f'subjectAltName={names}')
        openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'accounts.key')
        openssl('pkey', '-in', 'accounts.key', '-pubout', '-out', 'accounts.pub')
        with open(f'{self.dir}/tokens.csv', 'w') as f:
            f.write(f'{self.token},admin,admin,system:masters\n')

    def run(self, name, flags):
        self.pids[name] = self.keeper('start', name, [f'{self.programs}/{name}', *flags])

    def start_at_some_port(self):
        for _ in range(5):
            self.port = free_port(self.address)
            self.url = f'https://[{self.address}]:{self.port}' if ':' in self.address else f'https://{self.address}:{self.port}'
            self.api = Api(self.url, self.ca, self.token)
            try:
                return self.start_server()
            except Failed:
                if 'address already in use' not in self.log('kube-apiserver'):
                    raise
        raise Failed('each port that was free was taken a moment later')

    # --- the API server alone

    def start_server(self):
        self.run('kube-apiserver', [f'--bind-address={self.address}', f'--secure-port={self.port}', *SERVER, *self.flags])
        self.wait_ready()

    def stop_server(self, signum=signal.SIGTERM):
        """SIGTERM lets it end its watches and close, SIGKILL does not."""
        return self.keeper('end', 'kube-apiserver', signum, 30)

    def restart_server(self, signum=signal.SIGTERM):
        self.stop_server(signum)
        self.start_server()

    def pause_server(self):
        """It stays there and says nothing more, until it is resumed."""
        self.keeper('send', 'kube-apiserver', signal.SIGSTOP)

    def resume_server(self):
        self.keeper('send', 'kube-apiserver', signal.SIGCONT)

    def wait_ready(self):
        until = time.monotonic() + READY_S
        why = None
        while time.monotonic() < until:
            for name in self.pids:
                if self.keeper('poll', name) is not None:
                    raise Failed(f'{name} has ended:\n{self.log(name)}')
            try:
                return self.api.get('/readyz', timeout=5)
            except (OSError, http.client.HTTPException, ApiError) as e:
                why = e
            time.sleep(0.05)
        raise Failed(f"not ready after {READY_S} s: {why}\n{self.log('kube-apiserver')}")

    def relay(self):
        return Relay(self.address, self.port)

    def log(self, name):
        """The end of what a server wrote."""
        with open(f'{self.dir}/{name}.log', errors='replace') as f:
            return ''.join(f.readlines()[-20:])

    def memory(self):
        """Of each server: resident octets now and at most."""
        return {name: tuple(kb << 10 for kb in resident(pid)) for name, pid in self.pids.items()}

    # --- who may do what

    def service_account(self, namespace, name, rules=tuple(RULES)):
        """A service account that may do what the rules say in all namespaces."""
        role = f'{namespace}-{name}'
        self.api.post(path('ServiceAccount', namespace), meta('ServiceAccount', name, namespace))
        self.api.post(path('ClusterRole'), meta('ClusterRole', role, rules=list(rules)))
        self.api.post(path('ClusterRoleBinding'), meta(
            'ClusterRoleBinding', role, roleRef={'apiGroup': 'rbac.authorization.k8s.io', 'kind': 'ClusterRole', 'name': role},
            subjects=[{'kind': 'ServiceAccount', 'namespace': namespace, 'name': name}]))

    def service_token(self, namespace, name, seconds=3600):
        """A token as the kubelet gets it for a pod: 600 seconds at least. It is void when the account is deleted."""
        wanted = {'apiVersion': 'authentication.k8s.io/v1', 'kind': 'TokenRequest', 'spec': {'expirationSeconds': seconds}}
        return self.api.post(path('ServiceAccount', namespace, name, 'token'), wanted)['status']['token']

    def write_account(self, directory, namespace, name, seconds=3600):
        """The files that a pod finds in /var/run/secrets/kubernetes.io/serviceaccount."""
        with open(self.ca) as f:
            files = {'ca.crt': f.read(), 'namespace': namespace, 'token': self.service_token(namespace, name, seconds)}
        for file, text in files.items():
            with open(f'{directory}/{file}.new', 'w') as f:
                f.write(text)
            os.replace(f'{directory}/{file}.new', f'{directory}/{file}')

    # --- what is in it

    def create(self, things):
        """Gives the objects as the server has them."""
        return self.api.many(lambda t: self.api.post(path_to_make(t), t), things)

    def create_namespaces(self, names):
        return self.create([namespace(n) for n in names])

    def create_nodes(self, names):
        def make(name):
            wanted = node(name, self.nodes[name][0])
            return self.set_status({**self.api.post(path('Node'), wanted), 'status': wanted['status']})
        for name in names:
            self.nodes[name] = (len(self.nodes) + 1, itertools.count(2))
        return self.api.many(make, names)

    def create_pods(self, pods, ready=True):
        """Pods that run: made, then given addresses and containers in their status. Gives them as the server has them."""
        return self.api.many(lambda p: self.set_status(self.run_pod(self.api.post(path_to_make(p), p), ready=ready)), pods)

    def run_pod(self, made, ips=None, ready=True, restarts=0):
        """With the status that a kubelet gives it. Its address is its node's with hostNetwork, else one of its node's range."""
        number, addresses = self.nodes[made['spec']['nodeName']]
        host, old = node_ip(number), made.get('status', {}).get('podIP')
        ips = ips or [old or (host if made['spec'].get('hostNetwork') else pod_ip(number, next(addresses)))]
        return running(made, ips, host, restarts, ready)

    def set_status(self, thing):
        return self.api.put(path_of(thing, 'status'), thing)

    def restart_containers(self, pod, restarts):
        """The same pod with containers that were started again: new ids, the same address."""
        return self.set_status(self.run_pod(pod, restarts=restarts))

    def delete(self, things, grace=0):
        return self.api.many(lambda t: self.api.delete(path_of(t), grace), things)

    def delete_all(self, kind, namespace=None, grace=0, **query):
        """All of a kind: of one namespace, or of all. The query may hold a labelSelector or a fieldSelector."""
        if kind in NAMESPACED and not namespace:
            found, _ = self.api.list(path(kind), **query)
            for name in sorted({t['metadata']['namespace'] for t in found}):
                self.delete_all(kind, name, grace, **query)
        else:
            self.api.delete(path(kind, namespace), grace, **query)

    def delete_namespaces(self, names):
        """With all that matters here in them: a controller would do that."""
        for name in names:
            for kind in NAMESPACED:
                self.delete_all(kind, name)
            going = self.api.delete(path('Namespace', None, name))
            going['spec'] = {}
            self.api.put(path('Namespace', None, name, 'finalize'), going)

    def compact(self):
        """etcd forgets what was before. The API server still has its own last events, until it is restarted."""
        class ToEtcd(http.client.HTTPConnection):
            def connect(me):
                me.sock = socket.socket(socket.AF_UNIX)
                me.sock.connect(f'{self.dir}/etcd:1')

        def ask(what, body):
            connection = ToEtcd('etcd.sock')
            connection.request('POST', f'/v3/kv/{what}', json.dumps(body))
            answer = json.loads(connection.getresponse().read())
            connection.close()
            return answer
        revision = ask('range', {'key': 'AA=='})['header']['revision']
        ask('compaction', {'revision': revision})
        return int(revision)


def free_port(address):
    """Below those that the kernel gives to connections, so that the server finds it again after a restart."""
    with open('/proc/sys/net/ipv4/ip_local_port_range') as f:
        first = int(f.read().split()[0])
    for _ in range(1000):
        port = random.randrange(max(first - 20000, 1024), first) if first > 2048 else 0
        with socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET) as s:
            try:
                s.bind((address, port))
                return s.getsockname()[1]
            except OSError:
                continue
    raise Failed(f'no port is free on {address}')


def resident(pid):
    with open(f'/proc/{pid}/status') as f:
        fields = dict(line.split(':', 1) for line in f)
    return [int(fields[k].split()[0]) for k in ('VmRSS', 'VmHWM')]
