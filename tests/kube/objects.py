# SPDX-License-Identifier: Apache-2.0
"""Objects of Kubernetes as its parts make them: what a user writes, and the status that a kubelet sets."""
import hashlib
import ipaddress
import itertools
import time

PATHS = {'Pod': 'api/v1', 'Node': 'api/v1', 'Namespace': 'api/v1', 'Service': 'api/v1', 'ServiceAccount': 'api/v1',
         'EndpointSlice': 'apis/discovery.k8s.io/v1', 'Lease': 'apis/coordination.k8s.io/v1',
         'ClusterRole': 'apis/rbac.authorization.k8s.io/v1', 'ClusterRoleBinding': 'apis/rbac.authorization.k8s.io/v1'}
PODS, OF_NODE = ipaddress.ip_network('10.128.0.0/9'), 12     # addresses of pods; bits of those of one node
NODES = ipaddress.ip_network('198.18.0.0/15')


def path(kind, namespace=None, name=None, subresource=None):
    """path('Pod') is of all namespaces, path('Pod', 'core') of one, path('Pod', 'core', 'amf-0', 'status') of a pod's status."""
    words = ['', PATHS[kind], *(['namespaces', namespace] if namespace else []), f'{kind.lower()}s', name, subresource]
    return '/'.join(w for w in words if w is not None)


def path_of(thing, subresource=None):
    """Of an object that is there."""
    return path(thing['kind'], thing['metadata'].get('namespace'), thing['metadata']['name'], subresource)


def path_to_make(thing):
    return path(thing['kind'], thing['metadata'].get('namespace'))


def meta(kind, name, namespace=None, labels=None, annotations=None, **more):
    version = PATHS[kind].removeprefix('apis/').removeprefix('api/')
    metadata = {'name': name, 'namespace': namespace, 'labels': labels, 'annotations': annotations}
    return {'apiVersion': version, 'kind': kind, 'metadata': {k: v for k, v in metadata.items() if v is not None}, **more}


def now():
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())


def digest(*words):
    """64 hexadecimal digits, as containerd names containers and images."""
    return hashlib.sha256('/'.join(map(str, words)).encode()).hexdigest()


def namespace(name, **more):
    return meta('Namespace', name, **more)


def node_ip(number):
    return str(NODES[number])


def pod_ip(node_number, number):
    return str(PODS[(node_number << OF_NODE) + number])


def node(name, number=1, **more):
    """A node with its address and its range of pods' addresses. The status has to be set by itself."""
    room = {'cpu': '64', 'memory': '256Gi', 'pods': '4000'}
    status = {'addresses': [{'type': 'InternalIP', 'address': node_ip(number)}, {'type': 'Hostname', 'address': name}],
              'conditions': [{'type': 'Ready', 'status': 'True', 'reason': 'KubeletReady', 'lastHeartbeatTime': now(),
                              'lastTransitionTime': now()}],
              'capacity': room, 'allocatable': room}
    spec = {'podCIDR': f'{pod_ip(number, 0)}/{32 - OF_NODE}'}
    return meta('Node', name, labels={'kubernetes.io/hostname': name, **more.pop('labels', {})}, spec=spec, status=status, **more)


def pod(name, on, namespace='default', containers=('main',), image='registry.example/core/nf:1.0', spec=None, **more):
    """A pod on a node, as it is after scheduling. Its addresses and containers come with running()."""
    spec = {'nodeName': on, 'containers': [{'name': c, 'image': image} for c in containers], **(spec or {})}
    return meta('Pod', name, namespace, spec=spec, **more)


def pods(count, nodes, namespace='default', app='nf', first=0, **more):
    """Many pods, in turn on each of the nodes."""
    return [pod(f'{app}-{first + i}', on, namespace, labels={'app': app, 'app.kubernetes.io/name': app}, **more)
            for i, on in zip(range(count), itertools.cycle(nodes))]


def condition(kind, true=True):
    return {'type': kind, 'status': 'True' if true else 'False', 'lastTransitionTime': now()}


def running(made, ips, host_ip, restarts=0, ready=True):
    """The pod that was made with the status that its kubelet sets when its containers run. Restarted, they have new ids."""
    uid = made['metadata']['uid']
    containers = [{'name': c['name'], 'image': c['image'], 'imageID': f"{c['image'].split(':')[0]}@sha256:{digest(c['image'])}",
                   'containerID': f"containerd://{digest(uid, c['name'], restarts)}", 'ready': ready, 'started': True,
                   'restartCount': restarts, 'state': {'running': {'startedAt': now()}}} for c in made['spec']['containers']]
    status = {**made.get('status', {}), 'phase': 'Running', 'podIP': ips[0], 'podIPs': [{'ip': ip} for ip in ips],
              'hostIP': host_ip, 'hostIPs': [{'ip': host_ip}], 'startTime': now(), 'containerStatuses': containers,
              'conditions': [condition('PodScheduled'), condition('Initialized'), condition('ContainersReady', ready),
                             condition('Ready', ready)]}
    return {**made, 'status': status}


def service(name, namespace='default', selector=None, ports=(80,), protocol='TCP', cluster_ip=None, **more):
    """cluster_ip is chosen by the server when it is None; 'None' makes a headless one."""
    spec = {'selector': selector or {'app': name}, 'ports': [{'name': f'p{p}', 'port': p, 'protocol': protocol} for p in ports]}
    if cluster_ip:
        spec['clusterIP'] = cluster_ip
    return meta('Service', name, namespace, spec=spec, **more)


def endpoint_slice(name, of, pods, namespace='default', ports=(80,), protocol='TCP', family='IPv4'):
    """The endpoints of a service: at most 1,000 running pods, as the controller would write them."""
    endpoints = [{'addresses': [p['status']['podIP']], 'nodeName': p['spec']['nodeName'], 'conditions': {'ready': True},
                  'targetRef': {'kind': 'Pod', **{k: p['metadata'][k] for k in ('namespace', 'name', 'uid')}}} for p in pods]
    return meta('EndpointSlice', name, namespace, labels={'kubernetes.io/service-name': of}, addressType=family,
                endpoints=endpoints, ports=[{'name': f'p{p}', 'port': p, 'protocol': protocol} for p in ports])
