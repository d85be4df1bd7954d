// SPDX-License-Identifier: Apache-2.0
// The controller's API: the one place that knows its paths and shapes. Addresses are relative to the page, so that the console
// works below any path.

export type Value = string | number | boolean | null;

export interface Me { user: string; role: 'viewer' | 'operator' | 'admin'; version: string }

export interface HookChoice { group: string; hook: string }
export interface NodeModule { module: string; state: string; hooks?: HookChoice[] }
export interface Node {
  name: string; cluster?: string; labels?: Record<string, string>; version?: string; kernel?: string;
  state: 'up' | 'silent' | 'gone'; since?: string; last_seen?: string; modules?: NodeModule[];
  cpu_share?: number | null; rss_octets?: number | null; records_per_s?: number | null; lost?: number | null;
  desired?: Desired | null;
}
/** What a node says of the desired state: the revision it has or refuses, why it refuses, options that take effect at its next start. */
export interface Desired { revision?: number | null; error?: string | null; restart?: string[] | null }
export interface NodeStatus {
  version?: string; started?: string; uptime_s?: number; startup_ms?: number; configuration?: string; capabilities?: string;
  subscriber_ids?: string; cpu_seconds?: number; resident_bytes?: number; resident_peak_bytes?: number;
  ring_used_bytes?: number; ring_size_bytes?: number; ring_records?: number;
  modules?: { module: string; state: string; reason?: string }[];
  hooks?: { module: string; group: string; hook: string; state: string; reason?: string; lost?: string }[];
  programs?: { module: string; program: string; runs: number; run_ns: number; mean_ns: number | null; misses: number; verified_instructions: number }[];
  maps?: { module: string; map: string; entries: number | null; max_entries: number; bytes: number }[];
  losses?: { module: string; stage: string; reason: string; count: number }[];
  kernel_errors?: { module: string; file: string; line: number; helper: string; error: string; count: number }[];
}
export type NodeDetail = Node;

export interface Cause { group: string; cause: string; count: number }
export interface Spread { count: number; mean: number | null; p50: number | null; p95: number | null; p99: number | null; max: number | null }
export interface Procedure {
  chain?: string; procedure?: string; gnb?: string; amf?: string; snssai?: string; attempts: number; successes: number;
  failures: number; no_response: number; pending?: number; success_ratio: number | null; causes: Cause[];
  duration_ms: Spread | null; standing: string; why?: string;
}
export interface N2Document {
  chains?: Procedure[]; procedures?: Procedure[];
  kpis?: { kpi: string; source: string; labels: Record<string, string>; value: number | null; unit?: string; standing: string; why?: string }[];
  associations?: {
    gnb: string; gnb_id?: string; gnb_address: string; amf: string; amf_address: string; protocol: string; state: string;
    since: string; last_message: string; messages: number; connections: number;
  }[];
  losses?: { stage: string; reason: string; count: number }[];
}
export interface KpiDocument { n2?: N2Document }

export interface Field { name: string; type: 'integer' | 'number' | 'boolean' | 'string' | 'time' | string; unit?: string; doc?: string; subscriber?: boolean }
export interface RecordType { name: string; doc?: string; fields: Field[] }
export interface SnRecord { id: string; time: string; node: string; type: string; [attribute: string]: Value | undefined }
export interface Count { value: string; by?: string; count: number }

export interface Metric { name: string; series: number }
export type Point = [time_ms: number, value: number, min?: number, max?: number];
export interface Series { node: string; name: string; labels: Record<string, string>; kind: 'gauge' | 'counter'; points: Point[] }

export interface Kpi {
  node: string; kpi: string; value: number | null; unit?: string; standing: string; why?: string;
  usual: { low: number; high: number } | null;
}
export interface NodeCounts { up: number; silent: number; gone: number; total: number }
export interface Loss { node: string; stage: string; reason: string; count: number }
export interface Overview {
  kpis: Kpi[]; nodes: NodeCounts; losses: Loss[]; overhead: { cpu_share: number | null; rss_octets: number | null };
  store: { octets: number; records: number; days: number };
}

export interface Selector { node?: string; cluster?: string; kernel?: string; labels?: Record<string, string> }
export interface Member extends Desired { node: string; state: Node['state']; reached: boolean }
export interface Group {
  name: string; revision: number; phase: 'canary' | 'all' | 'halted'; why: string | null; selector: Selector; document: string; before: string;
  canary: number; soak: string; max_cpu_share: number; user: string; time: string;
  nodes: { total: number; up: number; reached: number; applied: number; refused: number };
  members?: Member[]; /* of one group alone */
}
export interface Rollout { selector: Selector; document: string; canary: number; soak: string; max_cpu_share?: number }

/** Which records. `where`: attributes that must be equal, "field:value". */
export interface Filter {
  type?: string; node?: string; ue?: string; gnb?: string; from?: string; to?: string; where?: string[];
}

export class ApiError extends Error {
  constructor(public status: number, message: string) {
    super(message);
  }
}

let signedOut: () => void = () => {};
/** Called whenever the controller does not know us (any more). */
export function onSignedOut(call: () => void): void {
  signedOut = call;
}

type Parameters = Record<string, string | number | string[] | undefined>;

export function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) value.forEach(one => query.append(name, one));
    else if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return `api/v1/${path}${text ? `?${text}` : ''}`;
}

async function ask(path: string, parameters?: Parameters, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address(path, parameters), { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError(0, 'The controller does not answer.');
  }
  if (response.ok) return response;
  let sentence = `The controller answered ${response.status}.`;
  try {
    const body = await response.json();
    if (typeof body.error === 'string') sentence = body.error;
  } catch { /* not JSON: the status has to do */ }
  if (response.status === 401 && path !== 'login') signedOut();
  throw new ApiError(response.status, sentence);
}

async function get<T>(path: string, parameters?: Parameters, signal?: AbortSignal): Promise<T> {
  return (await ask(path, parameters, { signal })).json();
}

const change = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Sauron-Request': '1' } };

const filterParameters = (filter: Filter): Parameters => ({
  type: filter.type, node: filter.node, ue: filter.ue, gnb: filter.gnb, from: filter.from, to: filter.to, where: filter.where,
});
const at = (name: string) => encodeURIComponent(name);

export const api = {
  me: () => get<Me>('me'),
  login: (token: string) => ask('login', {}, { ...change, body: JSON.stringify({ token }) }),
  logout: () => ask('logout', {}, { ...change, body: '{}' }),

  overview: (signal?: AbortSignal) => get<Overview>('overview', {}, signal),

  nodes: (query: { text?: string; state?: string; limit?: number; cursor?: string }, signal?: AbortSignal) =>
    get<{ nodes: Node[]; next: string | null; total: number }>('nodes', query, signal),
  /** The whole fleet, page by page. */
  async allNodes(signal?: AbortSignal): Promise<Node[]> {
    const nodes: Node[] = [];
    let cursor: string | undefined;
    do {
      const page = await api.nodes({ limit: 500, cursor }, signal);
      nodes.push(...page.nodes);
      cursor = page.next ?? undefined;
    } while (cursor && nodes.length < 100000);
    return nodes;
  },
  node: (name: string, signal?: AbortSignal) => get<NodeDetail>(`nodes/${at(name)}`, {}, signal),
  /** Asked of the node itself. */
  status: (name: string, signal?: AbortSignal) => get<NodeStatus>(`nodes/${at(name)}/status`, {}, signal),
  kpi: (name: string, by?: string, signal?: AbortSignal) => get<KpiDocument>(`nodes/${at(name)}/kpi`, { by }, signal),

  recordTypes: (signal?: AbortSignal) => get<{ types: RecordType[] }>('record-types', {}, signal).then(answer => answer.types),
  records: (filter: Filter, page: { limit?: number; cursor?: string; order?: 'newest' | 'oldest'; fields?: string }, signal?: AbortSignal) =>
    get<{ records: SnRecord[]; next: string | null }>('records', { ...filterParameters(filter), ...page }, signal),
  exportAddress: (filter: Filter, format: 'csv' | 'jsonl') => address('records', { ...filterParameters(filter), format }),
  counts: (filter: Filter, field: string, by?: string, limit?: number, signal?: AbortSignal) =>
    get<{ counts: Count[] }>('records/counts', { field, by, limit, ...filterParameters(filter) }, signal).then(answer => answer.counts),

  metrics: (signal?: AbortSignal) => get<{ metrics: Metric[] }>('metrics', {}, signal).then(answer => answer.metrics),
  series: (query: { name: string; node?: string; label?: string[]; from?: string; to?: string; step?: string }, signal?: AbortSignal) =>
    get<{ series: Series[] }>('series', query, signal).then(answer => answer.series),

  groups: (signal?: AbortSignal) => get<{ groups: Group[] }>('groups', {}, signal).then(answer => answer.groups),
  group: (name: string, signal?: AbortSignal) => get<Group>(`groups/${at(name)}`, {}, signal),
  beginRollout: (name: string, rollout: Rollout) => ask(`groups/${at(name)}`, {}, { ...change, method: 'PUT', body: JSON.stringify(rollout) }),
  changeRollout: (name: string, what: 'halt' | 'proceed' | 'rollback') => ask(`groups/${at(name)}/${what}`, {}, { ...change, body: '{}' }),
  removeGroup: (name: string) => ask(`groups/${at(name)}`, {}, { ...change, method: 'DELETE' }),

  liveAddress: (types: string[]) => address('live', { type: types.join(',') }),
};
