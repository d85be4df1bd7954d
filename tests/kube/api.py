# SPDX-License-Identifier: Apache-2.0
"""A client of the Kubernetes API: requests on kept connections, many at a time, lists in pages, watches."""
import concurrent.futures
import http.client
import json
import socket
import ssl
import threading
import urllib.parse

THREADS = 8
MERGE = 'application/merge-patch+json'


class ApiError(Exception):
    """What the server refused. status is the HTTP status, reason that of the API (NotFound, AlreadyExists, Expired …)."""

    def __init__(self, status, what, body):
        try:
            told = json.loads(body)
            self.reason, message = told.get('reason', ''), told.get('message', '')
        except (ValueError, AttributeError):
            self.reason, message = '', body.decode(errors='replace')[:300]
        self.status = status
        super().__init__(f'{what}: {status} {self.reason}: {message}')


class Api:
    """One server, one token. May be used by several threads."""

    def __init__(self, url, ca, token):
        self.url, self.ca, self.token = url, ca, token
        at = urllib.parse.urlsplit(url)
        self.host, self.port = at.hostname, at.port
        self.tls = ssl.create_default_context(cafile=ca)
        self.own = threading.local()
        self.pool = concurrent.futures.ThreadPoolExecutor(THREADS)

    def connect(self, timeout):
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self.tls)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def headers(self, kind='application/json'):
        return {'Authorization': f'Bearer {self.token}', 'Accept': 'application/json', 'Content-Type': kind}

    def request(self, method, path, body=None, kind='application/json', timeout=60, **query):
        """Gives the answer, decoded. A connection that the server closed between two requests is made anew, once."""
        data = None if body is None else json.dumps(body, separators=(',', ':'))
        for again in (True, False):
            kept = getattr(self.own, 'connection', None)
            try:
                connection = kept or self.connect(timeout)
                self.own.connection = connection
                connection.request(method, target(path, query), data, self.headers(kind))
                response = connection.getresponse()
                answer = response.read()
                break
            except (OSError, http.client.HTTPException):
                self.close()
                if not kept or not again:
                    raise
        if response.status >= 300:
            raise ApiError(response.status, f'{method} {path}', answer)
        try:
            return json.loads(answer)
        except ValueError:
            return answer.decode()

    def close(self):
        """Closes the connection of this thread."""
        kept, self.own.connection = getattr(self.own, 'connection', None), None
        if kept:
            kept.close()

    def get(self, path, **query):
        return self.request('GET', path, **query)

    def post(self, path, body, **query):
        return self.request('POST', path, body, **query)

    def put(self, path, body, **query):
        return self.request('PUT', path, body, **query)

    def patch(self, path, body, **query):
        """A merge patch: null removes."""
        return self.request('PATCH', path, body, MERGE, **query)

    def delete(self, path, grace=0, **query):
        """With a grace other than 0 a pod of a node stays until it is deleted again, with 0, as a kubelet does."""
        return self.request('DELETE', path, {'kind': 'DeleteOptions', 'apiVersion': 'v1', 'gracePeriodSeconds': grace}, **query)

    def many(self, fn, things):
        """fn(thing) of each, several at a time. Gives the results in the order of the things."""
        return list(self.pool.map(fn, things))

    def list(self, path, limit=500, **query):
        """Gives the items and the resourceVersion, over as many pages as it takes."""
        items, more = [], {}
        while True:
            page = self.get(path, limit=limit, **more, **query)
            items += page['items']
            if not page['metadata'].get('continue'):
                return items, page['metadata']['resourceVersion']
            more = {'continue': page['metadata']['continue']}

    def watch(self, path, version=None, **query):
        start = {'resourceVersion': version} if version else {}
        return Watch(self, path, {'watch': 'true', 'allowWatchBookmarks': 'true', **start, **query})


class Watch:
    """Iterating gives (type, object) until the server ends the watch; ConnectionError when it is cut, TimeoutError by timeout."""

    def __init__(self, api, path, query, timeout=60):
        self.connection = api.connect(timeout)
        self.connection.request('GET', target(path, query), headers=api.headers())
        self.response, self.lines, self.rest = self.connection.getresponse(), [], b''
        if self.response.status != 200:
            body = self.response.read()
            self.connection.close()
            raise ApiError(self.response.status, f'WATCH {path}', body)

    def __iter__(self):
        return self

    def __next__(self):
        while not self.lines:
            try:
                octets = self.response.read1(1 << 20)
            except (http.client.IncompleteRead, ssl.SSLError) as e:
                raise ConnectionError(f'the watch was cut: {e}') from e
            if not octets:
                raise StopIteration
            *self.lines, self.rest = (self.rest + octets).split(b'\n')
            self.lines.reverse()
        event = json.loads(self.lines.pop())
        return event['type'], event['object']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()
        self.response.close()

    def take(self, wanted, most=100000):
        """The events up to the first for which wanted(type, object) is true, that one included."""
        taken = []
        for event in self:
            taken.append(event)
            if wanted(*event) or len(taken) == most:
                break
        return taken


def target(path, query):
    return f'{path}?{urllib.parse.urlencode(query)}' if query else path
