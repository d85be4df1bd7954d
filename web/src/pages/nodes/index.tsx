// SPDX-License-Identifier: Apache-2.0
// The fleet. All of it is here, so that sorting and filtering two thousand nodes is at once.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, type Node } from '../../api';
import { ago, count, digits, octets, percent, span, whole } from '../../format';
import type { Page } from '../../page';
import { useAsk, useNow } from '../../use';
import { go, link, set, usePlace } from '../../url';
import { ICONS, Icon, Panel, Standing, State } from '../../ui/bits';
import { Table, type Column } from '../../ui/table';

const STATES = ['up', 'silent', 'gone'];
export const hooksOf = (node: Node): string =>
  (node.modules ?? []).map(one => `${one.module}: ${one.hooks?.length ? one.hooks.map(hook => (hook.group === hook.hook ? hook.hook : `${hook.group} ${hook.hook}`)).join(', ') : one.state}`).join('; ');
const labelsOf = (node: Node): string => Object.entries(node.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(' ');

function Nodes() {
  const { params } = usePlace();
  const now = useNow(5000);
  const [large, setLarge] = useState(false);
  const answer = useAsk('nodes', signal => api.allNodes(signal), large ? 20000 : 5000);
  useEffect(() => setLarge((answer.data?.length ?? 0) > 500), [answer.data?.length]);
  const nodes = answer.data ?? [];
  const text = (params.get('text') ?? '').toLowerCase();
  const state = params.get('state') ?? '', kernel = params.get('kernel') ?? '', version = params.get('version') ?? '', cluster = params.get('cluster') ?? '';
  const tally = (of: (node: Node) => string | undefined) => {
    const sums = new Map<string, number>();
    for (const node of nodes) {
      const value = of(node);
      if (value) sums.set(value, (sums.get(value) ?? 0) + 1);
    }
    return [...sums].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], 'en', { numeric: true }));
  };
  const { states, kernels, versions, clusters } = useMemo(() => ({
    states: new Map(tally(node => node.state)), kernels: tally(node => node.kernel), versions: tally(node => node.version), clusters: tally(node => node.cluster),
  }), [nodes]);
  const rows = useMemo(() => nodes.filter(node =>
    (!state || node.state === state) && (!kernel || node.kernel === kernel) && (!version || node.version === version) && (!cluster || node.cluster === cluster)
    && (!text || text.split(/\s+/).every(word => `${node.name} ${node.cluster} ${node.kernel} ${node.version} ${hooksOf(node)} ${labelsOf(node)}`.toLowerCase().includes(word)))),
  [nodes, state, kernel, version, cluster, text]);
  const columns = useMemo<Column<Node>[]>(() => [
    { key: 'name', title: 'Node', width: 150, grow: 2, value: row => row.name, text: row => [row.name, labelsOf(row)].filter(Boolean).join('\n'), cell: row => <a href={link('node', { name: row.name })}>{row.name}</a> },
    { key: 'state', title: 'State', width: 84, value: row => STATES.indexOf(row.state), cell: row => <State of={row.state} /> },
    { key: 'since', title: 'For', tip: 'How long it has been in this state', width: 70, end: true, value: row => (row.since ? now - Date.parse(row.since) : null), cell: row => (row.since ? span((now - Date.parse(row.since)) / 1000) : '–'), text: row => row.since },
    { key: 'seen', title: 'Last seen', width: 92, end: true, value: row => row.last_seen, cell: row => ago(Date.parse(row.last_seen ?? ''), now), text: row => row.last_seen },
    { key: 'cluster', title: 'Cluster', width: 90, grow: 1, value: row => row.cluster, text: row => row.cluster },
    { key: 'kernel', title: 'Kernel', width: 130, grow: 1, value: row => row.kernel, text: row => row.kernel },
    { key: 'version', title: 'Sauron', width: 70, value: row => row.version },
    { key: 'hooks', title: 'Hooks', tip: 'By module: the hook chosen of each group', width: 150, grow: 2, value: hooksOf, text: hooksOf, cell: row => (row.modules?.some(one => one.state === 'no hook') ? <span class="bad">{hooksOf(row)}</span> : hooksOf(row) || <span class="faint">–</span>) },
    { key: 'cpu', title: 'CPU', tip: 'Of one CPU, what Sauron itself takes', width: 72, end: true, value: row => row.cpu_share, cell: row => percent(row.cpu_share) },
    { key: 'rss', title: 'Memory', tip: 'Resident, of Sauron itself', width: 84, end: true, value: row => row.rss_octets, cell: row => octets(row.rss_octets) },
    { key: 'rate', title: 'Records/s', width: 80, end: true, value: row => row.records_per_s, cell: row => digits(row.records_per_s) },
    { key: 'lost', title: 'Lost', tip: 'Lost on the way, all stages', width: 66, end: true, value: row => row.lost, cell: row => <span class={row.lost ? 'warn' : 'dim'}>{count(row.lost)}</span> },
  ], [now]);
  const pick = (name: string, label: string, value: string, from: [string, number][]) => (
    <label class="select">{label} <select value={value} onChange={event => set({ [name]: event.currentTarget.value || null })}>
      <option value="">all</option>
      {from.map(([one, n]) => <option key={one} value={one}>{one} ({n})</option>)}
    </select></label>
  );
  const filtered = text || state || kernel || version || cluster;
  return (
    <div class="page full">
      <div class="bar-row">
        <div class="search"><Icon path={ICONS.search} size={14} /><input id="filter" type="search" aria-label="Filter nodes by text" placeholder="Filter: name, kernel, hook, label" value={params.get('text') ?? ''} onInput={event => set({ text: event.currentTarget.value || null }, false)} /></div>
        <div class="choice" role="group" aria-label="State">
          <button type="button" class={state ? '' : 'on'} aria-pressed={!state} onClick={() => set({ state: null })}>all <span class="dim">{whole(nodes.length)}</span></button>
          {STATES.map(one => <button type="button" key={one} class={state === one ? 'on' : ''} aria-pressed={state === one} onClick={() => set({ state: state === one ? null : one })}><State of={one} /> <span class="dim">{whole(states.get(one) ?? 0)}</span></button>)}
        </div>
        {clusters.length > 1 && pick('cluster', 'Cluster', cluster, clusters)}
        {pick('kernel', 'Kernel', kernel, kernels)}
        {pick('version', 'Version', version, versions)}
        {filtered && <button type="button" class="plain" onClick={() => set({ text: null, state: null, kernel: null, version: null, cluster: null })}>Clear</button>}
        <span class="grow" />
        <span class="dim" role="status">{whole(rows.length)} of {whole(nodes.length)}</span>
      </div>
      <Panel class="filling">
        <Standing answer={answer}>
          <Table label="Nodes" fill columns={columns} rows={rows} rowKey={row => row.name} sort={params.get('sort') ?? 'name'} onSort={sort => set({ sort: sort === 'name' ? null : sort }, false)}
            onOpen={row => go('node', { name: row.name })} none={filtered ? 'No node fits this filter.' : 'No node has reported yet.'} />
        </Standing>
      </Panel>
    </div>
  );
}

export const page: Page = { name: 'nodes', title: 'Nodes', key: 'd', order: 40, icon: 'M2.5 2.5h11v4.5h-11zM2.5 9h11v4.5h-11zM5 4.7h.01M5 11.3h.01', show: Nodes };
