// SPDX-License-Identifier: Apache-2.0
// One node: what it sees, through which hooks and why those, and what that costs.
import { api, type KpiDocument, type NodeDetail, type NodeStatus } from '../../api';
import { ago, count, digits, inUnit, ms, octets, percent, span, whole } from '../../format';
import type { Page } from '../../page';
import { shortStamp, stamp } from '../../time';
import { useAsk, useNow } from '../../use';
import { link, usePlace } from '../../url';
import { Bar, Fact, Failure, ICONS, Icon, Outcomes, Panel, Standing, State } from '../../ui/bits';
import { Table, type Column } from '../../ui/table';

type RowOf<K extends keyof NodeStatus> = NonNullable<NodeStatus[K]> extends (infer R)[] ? R : never;

const HOOKS: Column<RowOf<'hooks'>>[] = [
  { key: 'module', title: 'Module', width: 58, value: row => row.module },
  { key: 'group', title: 'Group', width: 60, value: row => row.group },
  { key: 'hook', title: 'Hook', width: 92, value: row => row.hook, cell: row => <b class={row.state === 'chosen' ? '' : 'dim'}>{row.hook}</b> },
  { key: 'state', title: 'State', width: 104, value: row => row.state, cell: row => <State of={row.state} /> },
  { key: 'reason', title: 'Why', width: 90, grow: 2, text: row => row.reason, cell: row => row.reason ?? '' },
  { key: 'lost', title: 'What is lost with it', width: 160, grow: 3, text: row => row.lost, cell: row => <span class="dim">{row.lost}</span> },
];
const PROGRAMS: Column<RowOf<'programs'>>[] = [
  { key: 'program', title: 'Program', width: 190, grow: 2, mono: true, value: row => row.program, text: row => row.program },
  { key: 'runs', title: 'Runs', width: 76, end: true, value: row => row.runs, cell: row => count(row.runs) },
  { key: 'mean', title: 'Mean', width: 76, end: true, value: row => row.mean_ns, cell: row => inUnit(row.mean_ns, 'ns') },
  { key: 'all', title: 'Together', width: 80, end: true, value: row => row.run_ns, cell: row => inUnit(row.run_ns, 'ns') },
  { key: 'misses', title: 'Misses', tip: 'Skipped by the kernel, as it ran already on that CPU', width: 70, end: true, value: row => row.misses, cell: row => <span class={row.misses ? 'warn' : 'dim'}>{row.misses}</span> },
];
const MAPS: Column<RowOf<'maps'>>[] = [
  { key: 'map', title: 'Map', width: 150, grow: 2, mono: true, value: row => row.map },
  { key: 'fill', title: 'In use', width: 140, grow: 1, value: row => (row.entries === null ? null : row.entries / row.max_entries), cell: row => (row.entries === null ? <span class="dim">not told by this kind</span> : <><Bar share={row.entries / row.max_entries} tone={row.entries / row.max_entries > 0.9 ? 'warn' : 'accent'} /> {count(row.entries)} of {count(row.max_entries)}</>) },
  { key: 'bytes', title: 'Memory', width: 80, end: true, value: row => row.bytes, cell: row => octets(row.bytes) },
];

function Kpis({ name }: { name: string }) {
  const answer = useAsk<KpiDocument>(`kpi ${name}`, signal => api.kpi(name, undefined, signal), 5000);
  const n2 = answer.data?.n2;
  const chains = n2?.chains ?? [];
  return (
    <>
      <Panel title="N2 on this node" side={<a href={link('n2', { node: name })}>N2 of this node</a>}>
        <Standing answer={answer} empty={!n2 || chains.length === 0} none="It has seen no chain yet.">
          <Table label="Chains" rows={chains} rowKey={row => row.chain ?? ''} most={10} onOpen={row => { location.hash = link('n2', { node: name, where: `procedure:${row.chain}` }); }} columns={[
            { key: 'chain', title: 'Chain', width: 140, grow: 3, value: row => row.chain, text: row => row.chain },
            { key: 'attempts', title: 'Attempts', width: 66, end: true, value: row => row.attempts, cell: row => count(row.attempts) },
            { key: 'success', title: 'Success', width: 64, end: true, value: row => row.success_ratio, cell: row => percent(row.success_ratio) },
            { key: 'bar', title: '', width: 44, grow: 1, cell: row => <Outcomes success={row.successes} failure={row.failures} silent={row.no_response} /> },
            { key: 'p50', title: 'p50', width: 66, end: true, value: row => row.duration_ms?.p50, cell: row => ms(row.duration_ms?.p50) },
            { key: 'p95', title: 'p95', width: 66, end: true, value: row => row.duration_ms?.p95, cell: row => ms(row.duration_ms?.p95) },
            { key: 'standing', title: 'Standing', width: 90, value: row => row.standing, cell: row => <State of={row.standing} title={row.why} /> },
          ]} />
        </Standing>
      </Panel>
      {(n2?.kpis?.length ?? 0) > 0 && (
        <Panel title="KPIs">
          <Table label="KPIs" rows={n2!.kpis!} rowKey={row => row.kpi + JSON.stringify(row.labels)} most={12} rowClass={row => (row.value === null ? 'faint' : '')} columns={[
            { key: 'kpi', title: 'KPI', width: 180, grow: 3, value: row => row.kpi, text: row => row.kpi },
            { key: 'source', title: 'Source', width: 80, value: row => row.source },
            { key: 'value', title: 'Value', width: 90, end: true, value: row => row.value, cell: row => <b>{inUnit(row.value, row.unit)}</b> },
            { key: 'standing', title: 'Standing', width: 96, value: row => row.standing, cell: row => <State of={row.standing} title={row.why} /> },
          ]} />
        </Panel>
      )}
      {(n2?.associations?.length ?? 0) > 0 && (
        <Panel title="Associations">
          <Table label="SCTP associations" rows={n2!.associations!} rowKey={row => row.gnb_address + row.amf_address + row.since} most={8} columns={[
            { key: 'gnb', title: 'gNB', width: 130, grow: 2, value: row => row.gnb, text: row => `${row.gnb} ${row.gnb_id ?? ''} ${row.gnb_address}`, cell: row => <a href={link('n2', { gnb: row.gnb })}>{row.gnb}</a> },
            { key: 'amf', title: 'AMF', width: 110, grow: 1, value: row => row.amf, text: row => `${row.amf} ${row.amf_address}` },
            { key: 'state', title: 'State', width: 74, value: row => row.state, cell: row => <State of={row.state} /> },
            { key: 'connections', title: 'UEs', tip: 'UE-associated connections now', width: 56, end: true, value: row => row.connections, cell: row => whole(row.connections) },
            { key: 'messages', title: 'Messages', width: 80, end: true, value: row => row.messages, cell: row => count(row.messages) },
            { key: 'last', title: 'Last message', width: 104, end: true, value: row => row.last_message, text: row => row.last_message, cell: row => shortStamp(Date.parse(row.last_message)) },
          ]} />
        </Panel>
      )}
    </>
  );
}

function Detail({ node }: { node: NodeDetail }) {
  const now = useNow(2000);
  const asked = useAsk(`status ${node.name}`, signal => api.status(node.name, signal), 5000, false);
  const status = asked.data, desired = node.desired;
  const losses = (status?.losses ?? []).filter(row => row.count > 0);
  const errors = status?.kernel_errors ?? [];
  const labels = Object.entries(node.labels ?? {});
  return (
    <>
      <dl class="facts block">
        <Fact name="state"><State of={node.state} /> {node.since && <span class="dim" title={node.since}>for {span((now - Date.parse(node.since)) / 1000)}</span>}</Fact>
        <Fact name="last seen" title={node.last_seen}>{ago(Date.parse(node.last_seen ?? ''), now)}</Fact>
        {node.cluster && <Fact name="cluster">{node.cluster}</Fact>}
        <Fact name="kernel">{node.kernel ?? '–'}</Fact>
        <Fact name="Sauron">{node.version ?? '–'}</Fact>
        {status?.started && <Fact name="started" title={status.started}>{stamp(Date.parse(status.started))}</Fact>}
        <Fact name="CPU">{percent(node.cpu_share)}</Fact>
        <Fact name="memory">{octets(node.rss_octets ?? status?.resident_bytes)}{status?.resident_peak_bytes ? <span class="dim"> peak {octets(status.resident_peak_bytes)}</span> : null}</Fact>
        <Fact name="records/s">{digits(node.records_per_s)}</Fact>
        <Fact name="lost"><span class={node.lost ? 'warn' : ''}>{count(node.lost)}</span></Fact>
        {status?.ring_size_bytes ? <Fact name="ring">{octets(status.ring_used_bytes)} of {octets(status.ring_size_bytes)}</Fact> : null}
        {status?.capabilities && <Fact name="capabilities">{status.capabilities}</Fact>}
        {status?.subscriber_ids && <Fact name="subscriber ids">{status.subscriber_ids}</Fact>}
        {desired?.revision ? <Fact name="desired state"><a href={link('rollouts')}>revision {desired.revision}</a>{desired.error ? <span class="bad"> refused: {desired.error}</span> : desired.restart?.length ? <span class="warn"> at its next start: {desired.restart.join(', ')}</span> : null}</Fact> : null}
        {labels.length > 0 && <Fact name="labels">{labels.map(([name, value]) => <span class="chip" key={name}><span class="dim">{name}</span> {value}</span>)}</Fact>}
      </dl>
      {asked.error && <Failure error={new Error(`${asked.error.message} What follows is what the controller knows.`)} again={asked.again} />}
      <div class="columns two">
        <div class="stack">
          <Kpis name={node.name} />
        </div>
        <div class="stack">
          <Panel title="Hooks" side={<span class="dim">of each group the first that works</span>}>
            {status?.hooks?.length
              ? <Table label="Hooks" columns={HOOKS} rows={status.hooks} rowKey={row => row.module + row.group + row.hook} most={10} rowClass={row => (row.state === 'chosen' ? '' : 'faint')} />
              : <ul class="plain-list">{(node.modules ?? []).map(one => <li key={one.module}><b>{one.module}</b> <State of={one.state} /> {one.hooks?.map(hook => `${hook.group}: ${hook.hook}`).join(', ')}</li>)}</ul>}
          </Panel>
          <Panel title="Losses">
            {losses.length === 0 ? <p class="nothing">Nothing was lost.</p>
              : <Table label="Losses" rows={losses} rowKey={row => row.module + row.stage + row.reason} sort="-count" most={8} columns={[
                { key: 'module', title: 'Module', width: 70, value: row => row.module }, { key: 'stage', title: 'Stage', width: 110, value: row => row.stage },
                { key: 'reason', title: 'Reason', width: 150, grow: 1, value: row => row.reason, text: row => row.reason }, { key: 'count', title: 'Count', width: 80, end: true, value: row => row.count, cell: row => whole(row.count) },
              ]} />}
          </Panel>
          {errors.length > 0 && (
            <Panel title="Failures inside BPF programs">
              <Table label="Failures inside BPF programs" rows={errors} rowKey={row => row.file + row.line + row.helper + row.error} most={8} columns={[
                { key: 'file', title: 'Where', width: 150, grow: 1, mono: true, cell: row => `${row.file}:${row.line}` }, { key: 'helper', title: 'Helper', width: 150, grow: 1, mono: true, value: row => row.helper },
                { key: 'error', title: 'Error', width: 110, value: row => row.error }, { key: 'count', title: 'Count', width: 76, end: true, value: row => row.count, cell: row => whole(row.count) },
              ]} />
            </Panel>
          )}
          {(status?.programs?.length ?? 0) > 0 && <Panel title="Programs" side={<span class="dim">what each costs</span>}><Table label="BPF programs" columns={PROGRAMS} rows={status!.programs!} rowKey={row => row.module + row.program} sort="-all" most={10} /></Panel>}
          {(status?.maps?.length ?? 0) > 0 && <Panel title="Maps"><Table label="BPF maps" columns={MAPS} rows={status!.maps!} rowKey={row => row.module + row.map} sort="-bytes" most={8} /></Panel>}
        </div>
      </div>
    </>
  );
}

function NodePage() {
  const { params } = usePlace();
  const name = params.get('name') ?? '';
  const answer = useAsk(name ? `node ${name}` : null, signal => api.node(name, signal), 5000, false);
  return (
    <div class="page">
      <div class="bar-row">
        <a href={link('nodes')} class="ghost"><Icon path={ICONS.left} size={12} /> Nodes</a>
        <h2 class="mono who">{name || 'no node chosen'}</h2>
        <span class="grow" />
        <a class="ghost" href={link('records', { node: name })}>Records</a>
        <a class="ghost" href={link('metrics', { node: name })}>Metrics</a>
      </div>
      {answer.data ? <>{answer.error && <Failure error={answer.error} again={answer.again} stale />}<Detail node={answer.data} /></> : name && <Standing answer={answer}>{null}</Standing>}
    </div>
  );
}

export const page: Page = { name: 'node', title: 'Node', order: 0, icon: '', show: NodePage };
