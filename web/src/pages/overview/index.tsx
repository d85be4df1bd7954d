// SPDX-License-Identifier: Apache-2.0
// Is the network well? What stands out, worst first, and a way down from each figure.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, type Node, type SnRecord } from '../../api';
import { countsOverTime } from '../../counts';
import { ago, count, inUnit, octets, percent, whole } from '../../format';
import { useLive, useLiveState } from '../../live';
import { totals, type Whole } from '../../outcomes';
import type { Page } from '../../page';
import { bounds, exactTime, rangeLabel, rangeOf, shortStamp, stepOf } from '../../time';
import { useAsk, useNow } from '../../use';
import { link, set, usePlace } from '../../url';
import { Choice, Dot, Failure, Outcomes, Panel, Standing, State } from '../../ui/bits';
import { Chart, type Line } from '../../ui/chart';
import { Table, type Column } from '../../ui/table';
import { deviation, kpiRows, type KpiRow } from './kpis';

const EVERY = 5000;

/** All nodes of a KPI on one line, over the usual range. */
function Strip({ row }: { row: KpiRow }) {
  const W = 110, H = 16;
  const all = [...row.values, ...(row.low !== null ? [row.low] : []), ...(row.high !== null ? [row.high] : [])];
  if (!all.length) return null;
  let least = Math.min(...all), most = Math.max(...all);
  const room = (most - least || Math.abs(most) || 1) * 0.12;
  least -= room;
  most += room;
  const x = (value: number) => 2 + ((value - least) / (most - least)) * (W - 4);
  // A few nodes are strokes; many make the shape of their distribution.
  const bins = new Map<number, number>();
  for (const value of row.values) {
    const at = Math.round(x(value) / 2);
    bins.set(at, (bins.get(at) ?? 0) + 1);
  }
  const outside = new Set(row.outside.map(one => Math.round(x(one.value!) / 2)));
  const top = Math.max(...bins.values()), few = row.values.length <= 20;
  const tall = (n: number, out: boolean) => (few ? (out ? H - 2 : H - 6) : 3 + (H - 5) * Math.sqrt(n / top));
  const label = `${row.kpi}: ${row.low !== null ? `usual ${inUnit(row.low, row.unit)} to ${inUnit(row.high, row.unit)}` : 'no usual range yet'}; ${row.outside.length} of ${row.nodes} nodes outside`;
  return (
    <svg class="strip" width={W} height={H} role="img" aria-label={label}>
      <title>{label}</title>
      <line x1="0" x2={W} y1={H / 2} y2={H / 2} class="strip-axis" />
      {row.low !== null && row.high !== null && <rect x={x(row.low)} width={Math.max(2, x(row.high) - x(row.low))} y={few ? 3.5 : 0.5} height={few ? H - 7 : H - 1} rx="2" class="strip-usual" />}
      {[...bins].map(([at, n]) => {
        const out = outside.has(at), height = tall(n, out);
        return <rect key={at} x={at * 2 - 1} y={(H - height) / 2} width="2" height={height} class={out ? 'strip-out' : 'strip-in'} />;
      })}
    </svg>
  );
}

const KPI_COLUMNS: Column<KpiRow>[] = [
  { key: 'kpi', title: 'KPI', width: 236, grow: 4, value: row => row.kpi, text: row => row.kpi, cell: row => <><Dot tone={row.outside.length ? 'bad' : row.known ? (row.low === null ? 'dim' : 'good') : 'dim'} />{row.kpi}</> },
  { key: 'median', title: 'Value', tip: 'Median of all nodes', width: 76, end: true, value: row => row.median, cell: row => <b>{inUnit(row.median, row.unit)}</b> },
  { key: 'strip', title: 'Against usual', width: 122, cell: row => <Strip row={row} /> },
  { key: 'outside', title: 'Outside', tip: 'Nodes outside their usual range', width: 60, end: true, value: row => row.outside.length, cell: row => (row.low === null ? <span class="dim" title="Not enough has been seen to tell what is usual">–</span> : <span class={row.outside.length ? 'bad' : 'dim'} title={`${row.outside.length} of ${row.nodes} nodes`}>{row.outside.length}{row.nodes < 100 ? ` / ${row.nodes}` : ''}</span>) },
  {
    key: 'worst', title: 'Worst', width: 116, grow: 2, value: row => row.worst?.node, text: row => row.worst?.node,
    cell: row => row.worst && row.nodes > 1 ? <a href={link('node', { name: row.worst.node })}><span class="dim">{inUnit(row.worst.value, row.unit)}</span> {row.worst.node}</a> : row.worst ? <a href={link('node', { name: row.worst.node })}>{row.worst.node}</a> : <span class="dim">–</span>,
  },
  { key: 'standing', title: 'Standing', width: 90, value: row => row.standing, cell: row => <State of={row.standing} title={row.why} /> },
];

const WORST = [['gnb', 'gNB'], ['amf', 'AMF'], ['snssai', 'Slice'], ['cause', 'Cause'], ['node', 'Node']] as const;
type WorstBy = (typeof WORST)[number][0];

function Worst() {
  const { params } = usePlace();
  const range = rangeOf(params);
  const by = (params.get('worst') as WorstBy | null) ?? 'gnb';
  const filter = { type: 'n2.outcome', from: range.from, to: range.to || undefined, where: ['chain:true'] };
  const answer = useAsk(`worst ${by} ${JSON.stringify(filter)}`, signal => api.counts(filter, by, 'outcome', 3000, signal).then(totals), range.to ? 0 : EVERY, false);
  const narrowing = (value: string) => (by === 'gnb' || by === 'node' ? { [by]: value } : { where: `${by}:${value}` });
  const title = WORST.find(one => one[0] === by)![1];
  const columns: Column<Whole>[] = [
    { key: 'value', title, width: 150, grow: 3, value: row => row.value, text: row => row.value, cell: row => <a href={link('n2', narrowing(row.value))}>{row.value}</a> },
    { key: 'all', title: 'Chains', width: 62, end: true, value: row => row.all, cell: row => count(row.all) },
    { key: 'failed', title: 'Failed', width: 62, end: true, value: row => row.failure + row.silent, cell: row => <span class={row.failure + row.silent ? 'bad' : 'dim'}>{count(row.failure + row.silent)}</span> },
    { key: 'ratio', title: 'Success', width: 76, end: true, value: row => row.success / row.all, cell: row => percent(row.success / row.all) },
    { key: 'bar', title: '', width: 80, grow: 1, cell: row => <Outcomes {...row} /> },
  ];
  return (
    <Panel title="Worst" side={<Choice label="Worst by" of={WORST} value={by} onChange={value => set({ worst: value === 'gnb' ? null : value }, false)} />}>
      <Standing answer={answer} empty={answer.data?.length === 0}>
        <Table label={`Worst by ${title}`} columns={columns} rows={answer.data ?? []} rowKey={row => row.value} sort="-failed" most={8} onOpen={row => { location.hash = link('n2', narrowing(row.value)); }} />
      </Standing>
    </Panel>
  );
}

const FAILURE_COLUMNS = (): Column<SnRecord>[] => [
  { key: 'time', title: 'Time', width: 96, mono: true, cell: row => shortStamp(exactTime(row.time), 1), text: row => row.time },
  { key: 'procedure', title: 'Procedure', width: 150, grow: 2, cell: row => row.procedure as string, text: row => String(row.procedure) },
  { key: 'outcome', title: 'Outcome', width: 110, cell: row => <State of={String(row.outcome)} /> },
  { key: 'cause', title: 'Cause', width: 170, grow: 3, cell: row => (row.cause ? <><span class="dim">{row.group as string}</span> {row.cause as string}</> : <span class="dim">–</span>), text: row => [row.group, row.cause].filter(Boolean).join(' ') },
  { key: 'gnb', title: 'gNB', width: 120, grow: 2, cell: row => (row.gnb ? <a href={link('n2', { gnb: String(row.gnb) })}>{row.gnb as string}</a> : ''), text: row => String(row.gnb ?? '') },
  { key: 'snssai', title: 'Slice', width: 84, cell: row => row.snssai as string },
  { key: 'ue', title: 'UE', width: 160, mono: true, cell: row => (row.ue ? <a href={link('ue', { ue: String(row.ue) })}>{row.ue as string}</a> : '') },
];
const byTime = (a: SnRecord, b: SnRecord) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0);

function Latest() {
  const { params } = usePlace();
  const range = rangeOf(params);
  const [fresh, setFresh] = useState<SnRecord[]>([]);
  const key = JSON.stringify(range);
  const answer = useAsk(`failures ${key}`, async signal => {
    const ask = (outcome: string) => api.records({ type: 'n2.outcome', from: range.from, to: range.to || undefined, where: [`outcome:${outcome}`] }, { limit: 50, order: 'newest' }, signal);
    const [failed, silent] = await Promise.all([ask('failure'), ask('no response')]);
    setFresh([]);
    return [...failed.records, ...silent.records].sort(byTime).slice(0, 50);
  }, range.to ? 0 : 60000, false);
  useLive(range.to ? [] : ['n2.outcome'], records => {
    const failed = records.filter(record => record.outcome !== 'success');
    if (failed.length) setFresh(old => [...failed, ...old].sort(byTime).slice(0, 50));
  });
  const rows = useMemo(() => {
    const seen = new Set<string>();
    return [...fresh, ...(answer.data ?? [])].filter(row => !seen.has(row.id) && seen.add(row.id)).sort(byTime).slice(0, 50);
  }, [fresh, answer.data]);
  return (
    <Panel title="Latest failures" class="wide-panel" side={<a href={link('records', { type: 'n2.outcome', where: 'outcome:failure' })}>All in Records</a>}>
      <Standing answer={answer} empty={rows.length === 0} none="No failure in this time range.">
        <Table label="Latest failures" columns={FAILURE_COLUMNS()} rows={rows} rowKey={row => row.id} most={12} onOpen={row => { if (row.ue) location.hash = link('ue', { ue: String(row.ue), at: row.id }); }} />
      </Standing>
    </Panel>
  );
}

function NotWell() {
  const now = useNow(5000);
  const answer = useAsk('not well', async signal => {
    const [gone, silent] = await Promise.all([api.nodes({ state: 'gone', limit: 50 }, signal), api.nodes({ state: 'silent', limit: 50 }, signal)]);
    return { rows: [...gone.nodes, ...silent.nodes], total: gone.total + silent.total };
  }, EVERY);
  const columns: Column<Node>[] = [
    { key: 'name', title: 'Node', width: 140, grow: 2, value: row => row.name, cell: row => <a href={link('node', { name: row.name })}>{row.name}</a>, text: row => row.name },
    { key: 'state', title: 'State', width: 80, value: row => row.state, cell: row => <State of={row.state} /> },
    { key: 'last', title: 'Last seen', width: 100, end: true, value: row => row.last_seen, cell: row => ago(Date.parse(row.last_seen ?? ''), now) },
  ];
  return (
    <Panel title="Nodes not well" side={<a href={link('nodes')}>All nodes</a>}>
      <Standing answer={answer} empty={answer.data?.rows.length === 0} none="All nodes are up.">
        <Table label="Nodes not well" columns={columns} rows={answer.data?.rows ?? []} rowKey={row => row.name} most={7} onOpen={row => { location.hash = link('node', { name: row.name }); }} />
      </Standing>
    </Panel>
  );
}

const OUTCOMES: [string, string][] = [['failure', 'failure'], ['no response', 'silent'], ['success', 'success']];

function OverTime() {
  const { params } = usePlace();
  const range = rangeOf(params);
  const [a, b] = bounds(range), step = stepOf(b - a, 40);
  const answer = useAsk(`over ${JSON.stringify(range)} ${step}`, signal => {
    const [from, to] = bounds(range);
    return countsOverTime({ type: 'n2.outcome', where: ['chain:true'] }, 'outcome', from, to, step, signal);
  }, range.to ? 0 : Math.max(EVERY, Math.min(step, 60000)), false);
  const lines = useMemo<Line[]>(() => (answer.data ? OUTCOMES.map(([label, tone]) => ({ label, tone, row: answer.data!.counts.map(list => list.find(one => one.value === label)?.count ?? 0) })) : []), [answer.data]);
  return (
    <Panel title="Chains ended" side={<a href={link('n2')}>N2</a>}>
      <Standing answer={answer} empty={lines.every(line => line.row.every(value => !value))}>
        <Chart label="Chains ended over time, by outcome" times={answer.data?.times ?? []} lines={lines} unit={count} bars height={150} />
      </Standing>
    </Panel>
  );
}

interface LossRow { stage: string; reason: string; count: number; nodes: number; most: string }

function Overview() {
  const { params } = usePlace();
  const live = useLiveState();
  const [large, setLarge] = useState(false);
  const answer = useAsk('overview', api.overview, large ? 3 * EVERY : EVERY);
  const data = answer.data;
  useEffect(() => setLarge((data?.nodes.total ?? 0) > 200), [data?.nodes.total]);
  const rows = useMemo(() => kpiRows(data?.kpis ?? []), [data]);
  const losses = useMemo(() => {
    const sums = new Map<string, LossRow & { top: number }>();
    for (const one of data?.losses ?? []) {
      const key = `${one.stage}\n${one.reason}`;
      const sum = sums.get(key) ?? { stage: one.stage, reason: one.reason, count: 0, nodes: 0, most: '', top: -1 };
      sum.count += one.count;
      if (one.count > 0) sum.nodes++;
      if (one.count > sum.top) [sum.top, sum.most] = [one.count, one.node];
      sums.set(key, sum);
    }
    return [...sums.values()].filter(one => one.count > 0);
  }, [data]);
  const outside = rows.reduce((sum, row) => sum + row.outside.length, 0);
  const nodes = live.nodes ?? data?.nodes;
  const bad = (nodes?.silent ?? 0) + (nodes?.gone ?? 0);
  const worst = rows.flatMap(row => row.outside).sort((a, b) => deviation(b) - deviation(a))[0];
  const lost = losses.reduce((sum, one) => sum + one.count, 0);

  if (!data) return <div class="page"><Standing answer={answer}>{null}</Standing></div>;
  return (
    <div class="page overview">
      {answer.error && <Failure error={answer.error} again={answer.again} stale />}
      <dl class="tiles">
        <div class={`tile ${outside ? 'bad' : 'good'}`}>
          <dt>Network</dt>
          <dd>{outside ? `${outside} outside usual` : rows.some(row => row.low !== null) ? 'as usual' : 'no usual range yet'}</dd>
          <dd class="sub">{worst ? <a href={link('node', { name: worst.node })}>{worst.kpi}: {inUnit(worst.value, worst.unit)}</a> : `${rows.filter(row => row.known).length} KPIs known`}</dd>
        </div>
        <div class={`tile ${nodes?.gone ? 'bad' : bad ? 'warn' : 'good'}`}>
          <dt>Nodes</dt><dd><a href={link('nodes')}>{whole(nodes?.up)} of {whole(nodes?.total)} up</a></dd>
          <dd class="sub">{bad ? <><a href={link('nodes', { state: 'silent' })}>{nodes?.silent} silent</a>, <a href={link('nodes', { state: 'gone' })}>{nodes?.gone} gone</a></> : 'none silent, none gone'}</dd>
        </div>
        <div class={`tile ${lost ? 'warn' : 'good'}`}><dt>Lost on the way</dt><dd>{count(lost)}</dd><dd class="sub">{losses.length ? `${losses.length} ${losses.length === 1 ? 'reason' : 'reasons'}, below` : 'nothing'}</dd></div>
        <div class="tile"><dt>Sauron itself</dt><dd>{percent(data.overhead.cpu_share)} <small>CPU</small></dd><dd class="sub">{octets(data.overhead.rss_octets)} resident</dd></div>
        <div class="tile"><dt>Store</dt><dd>{count(data.store.records)} <small>records</small></dd><dd class="sub">{octets(data.store.octets)} {data.store.days ? `over ${data.store.days} ${data.store.days === 1 ? 'day' : 'days'}` : 'since today'}</dd></div>
      </dl>
      <div class="columns two-one">
        <div class="stack">
        <Panel title="KPIs" side={<span class="dim">now, against each node’s usual range</span>}>
          <Table label="KPIs" columns={KPI_COLUMNS} rows={rows} rowKey={row => row.kpi} most={16} none="No KPI has come in yet."
            rowClass={row => (row.known ? '' : 'faint')} onOpen={row => { if (row.worst) location.hash = link('node', { name: row.worst.node }); }} />
        </Panel>
        <OverTime />
        </div>
        <div class="stack">
          <Worst />
          <NotWell />
          <Panel title="Losses" side={<span class="dim">since the agents began</span>}>
            {losses.length === 0 ? <p class="nothing">Nothing was lost.</p> : (
              <Table label="Losses" rowKey={row => row.stage + row.reason} rows={losses} most={6} sort="-count" columns={[
                { key: 'what', title: 'Stage, reason', width: 130, grow: 3, value: row => `${row.stage} ${row.reason}`, text: row => `${row.stage}: ${row.reason}`, cell: row => <><span class="dim">{row.stage}</span> {row.reason}</> },
                { key: 'count', title: 'Count', width: 66, end: true, value: row => row.count, cell: row => count(row.count) },
                { key: 'most', title: 'Most on', width: 90, grow: 2, value: row => row.most, text: row => row.most, cell: row => <a href={link('node', { name: row.most })}>{row.most}</a> },
              ]} />
            )}
          </Panel>
        </div>
      </div>
      <Latest />
      <p class="foot dim">{rangeLabel(rangeOf(params))} for what is counted of records; KPIs are of this moment.</p>
    </div>
  );
}

export const page: Page = { name: 'overview', title: 'Overview', key: 'o', order: 10, icon: 'M2 13.5h12M3.5 11V8M7 11V3.5M10.5 11V6M13.5 11V5', range: true, show: Overview };
