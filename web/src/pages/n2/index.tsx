// SPDX-License-Identifier: Apache-2.0
// N2: what was attempted, how it ended, how long it took and why it failed; from every figure to the UEs behind it.
import { useMemo, useState } from 'preact/hooks';
import { api, type Count, type Filter, type SnRecord } from '../../api';
import { count, ms, percent } from '../../format';
import { countsOverTime } from '../../counts';
import { historyOf } from '../../history';
import { useLive } from '../../live';
import { totals, type Whole } from '../../outcomes';
import type { Page } from '../../page';
import { durationsOverTime, SAMPLE } from '../../durations';
import { quantileRows, type Row } from '../../series';
import { bounds, exactTime, isLive, rangeOf, shortStamp, stepOf } from '../../time';
import { useAsk, useNow } from '../../use';
import { link, set, usePlace } from '../../url';
import { Choice, Outcomes, Panel, Standing, State } from '../../ui/bits';
import { Chart, TONES, type Line } from '../../ui/chart';
import { changeOf, filterOf, Filters, narrow, narrowed, passes, valueOf } from '../../ui/filters';
import { Table, type Column } from '../../ui/table';
import { HeatMap } from './heat';

const FIELDS = ['procedure', 'outcome', 'cause', 'group', 'gnb', 'amf', 'snssai', 'plmn', 'tac', 'node', 'ue', 'chain', 'inferred'];
/** Attributes of records that are labels of the metrics, too. */
const LABELS = ['procedure', 'gnb', 'amf', 'snssai'];
const FAILED = ['failure', 'no response'];
/** More series than this are not fetched: records are sampled instead. */
const MOST_SERIES = 20000, POINTS = 90, BUCKETS = 'sauron_n2_procedure_duration_seconds_bucket';

/** The filter, once for each outcome that is none of success. */
const failing = (filter: Filter): Filter[] => {
  const outcome = valueOf(filter, 'outcome');
  return (outcome ? [outcome] : FAILED).map(one => narrowed(filter, 'outcome', one));
};
const merged = (lists: Count[][]): Count[] => {
  const sums = new Map<string, Count>();
  for (const one of lists.flat()) {
    const key = `${one.value}\n${one.by ?? ''}`;
    const sum = sums.get(key);
    if (sum) sum.count += one.count;
    else sums.set(key, { ...one });
  }
  return [...sums.values()];
};
const kindOf = (params: URLSearchParams) => (params.get('kind') === 'procedures' ? 'procedures' : 'chains');

function OverTime({ filter, from, to, live }: { filter: Filter; from: number; to: number; live: boolean }) {
  const { params } = usePlace();
  const by = params.get('over') === 'cause' ? 'cause' : params.get('over') === 'procedure' ? 'procedure' : 'outcome';
  const step = stepOf(to - from, 48, 1000);
  const key = JSON.stringify([{ ...filter, from: '', to: '' }, by, step, live ? rangeOf(params).from : [from, to]]);
  const answer = useAsk(`over ${key}`, async signal => {
    const [a, b] = live ? bounds(rangeOf(params)) : [from, to];
    const filters = by === 'cause' ? failing(filter) : [filter];
    const parts = await Promise.all(filters.map(one => countsOverTime(one, by, a, b, step, signal)));
    return { times: parts[0]!.times, counts: parts[0]!.times.map((_, i) => merged(parts.map(part => part.counts[i]!))) };
  }, live ? Math.max(5000, Math.min(step, 60000)) : 0, false);
  const lines = useMemo<Line[]>(() => {
    if (!answer.data) return [];
    const { counts } = answer.data;
    const sums = new Map<string, number>();
    counts.forEach(list => list.forEach(one => sums.set(one.value, (sums.get(one.value) ?? 0) + one.count)));
    const row = (name: string): Row => counts.map(list => list.find(one => one.value === name)?.count ?? 0);
    if (by === 'outcome') {
      const known: [string, string][] = [['failure', 'failure'], ['no response', 'silent'], ['success', 'success']];
      return known.filter(([name]) => sums.has(name)).map(([name, tone]) => ({ label: name, row: row(name), tone }));
    }
    const names = [...sums].sort((a, b) => b[1] - a[1]).map(one => one[0]);
    const lines: Line[] = names.slice(0, 8).map((name, i) => ({ label: name || 'no cause given', row: row(name), tone: TONES[i]! }));
    if (names.length > 8) {
      const rest = new Set(names.slice(8));
      lines.push({ label: `${rest.size} others`, row: counts.map(list => list.reduce((sum, one) => sum + (rest.has(one.value) ? one.count : 0), 0)), tone: 'c10' });
    }
    return lines;
  }, [answer.data, by]);
  return (
    <Panel title={by === 'cause' ? 'Failures over time, by cause' : 'Ended over time'} side={<>
      <span class="dim">each {ms(step)}</span>
      <Choice label="By" of={[['outcome', 'outcome'], ['cause', 'cause'], ['procedure', 'procedure']] as const} value={by} onChange={value => set({ over: value === 'outcome' ? null : value }, false)} />
    </>}>
      <Standing answer={answer} empty={lines.length === 0}>
        <Chart label="Ended over time" times={answer.data?.times ?? []} lines={lines} unit={count} bars sync="n2" height={170} />
      </Standing>
    </Panel>
  );
}

function Durations({ filter, from, to, live }: { filter: Filter; from: number; to: number; live: boolean }) {
  const { params } = usePlace();
  const labels = LABELS.flatMap(name => {
    const value = valueOf(filter, name);
    return value ? [`${name}:${value}`] : [];
  });
  // Of what failed for a cause: of all procedures that did, and until they did.
  const failures = valueOf(filter, 'cause') !== undefined || FAILED.includes(valueOf(filter, 'outcome') ?? '');
  const procedure = valueOf(filter, 'procedure') ?? (failures ? '' : undefined) ?? (kindOf(params) === 'chains' ? 'Registration' : 'InitialContextSetup');
  if (procedure && !labels.some(one => one.startsWith('procedure:'))) labels.push(`procedure:${procedure}`);
  const other = (filter.where ?? []).map(one => one.slice(0, one.indexOf(':'))).filter(name => ![...LABELS, 'chain', 'outcome'].includes(name)).concat(filter.ue ? ['ue'] : []);
  const known = useAsk('metrics', api.metrics, 60000);
  const many = known.data?.find(one => one.name === BUCKETS)?.series ?? 0;
  const sampled = failures || other.length > 0 || (many > MOST_SERIES && !filter.node && !filter.gnb);
  const step = sampled ? stepOf(to - from, 40, 10000) : stepOf(to - from, POINTS, 10000);
  const range = rangeOf(params);
  const answer = useAsk(known.loading && !known.data ? null : JSON.stringify(['durations', sampled ? filter : labels, procedure, filter.node, step, live ? range.from : [from, to]]), async signal => {
    const [a, b] = live ? bounds(range) : [from, to];
    if (sampled) {
      const of = procedure ? narrowed(filter, 'procedure', procedure) : filter;
      return durationsOverTime(failures || valueOf(filter, 'outcome') ? of : narrowed(of, 'outcome', 'success'), a, b, step, [0.5, 0.95, 0.99], signal);
    }
    const { series, grid } = await historyOf({ name: BUCKETS, node: filter.node, label: labels }, a, b, POINTS, signal);
    return { times: grid.times, rows: quantileRows(series, grid, [0.5, 0.95, 0.99]) };
  }, live ? (sampled ? 30000 : 10000) : 0, false);
  const lines: Line[] = (answer.data?.rows ?? []).map((row, i) => ({ label: ['p50', 'p95', 'p99'][i]!, row, tone: ['c1', 'c2', 'c3'][i]! }));
  return (
    <Panel title={failures ? `Time until failure${procedure ? ` of ${procedure}` : ''}` : `Duration of ${procedure}`} side={<>
      {sampled && <span class="dim" title="From records, as the metrics have no such label or are too many">of {SAMPLE} records a step</span>}
      <a href={link('metrics', { name: BUCKETS, label: labels, node: filter.node })}>Metrics</a>
    </>}>
      <Standing answer={answer} empty={!answer.data?.rows.some(row => row.some(value => value !== null))} none={failures ? 'Nothing failed in this time range.' : `No ${procedure} ended well in this time range.`}>
        <Chart label={failures ? 'Time until failure' : `Duration of ${procedure}`} times={answer.data?.times ?? []} lines={lines} unit={value => ms(value === null || value === undefined ? value : value * 1000)} sync="n2" height={170} />
      </Standing>
    </Panel>
  );
}

function Procedures({ filter, every }: { filter: Filter; every: number }) {
  const { params } = usePlace();
  const kind = kindOf(params);
  const chosen = valueOf(filter, 'procedure');
  const asked: Filter = { ...filter, where: (filter.where ?? []).filter(one => !/^(procedure|chain|outcome|cause|group):/.test(one)).concat(`chain:${kind === 'chains'}`) };
  const answer = useAsk(`procedures ${JSON.stringify(asked)}`, async signal => {
    const [outcomes, causes] = await Promise.all([
      api.counts(asked, 'procedure', 'outcome', 500, signal),
      Promise.all(FAILED.map(one => api.counts(narrowed(asked, 'outcome', one), 'procedure', 'cause', 500, signal))).then(merged),
    ]);
    const top = new Map<string, Count>();
    for (const one of causes) if (one.by && one.count > (top.get(one.value)?.count ?? 0)) top.set(one.value, one);
    return totals(outcomes).map(row => ({ ...row, cause: top.get(row.value) }));
  }, every);
  type ProcedureRow = Whole & { cause?: Count };
  const columns: Column<ProcedureRow>[] = [
    { key: 'value', title: kind === 'chains' ? 'Chain' : 'Procedure', width: 146, grow: 4, value: row => row.value, text: row => row.value },
    { key: 'all', title: 'Ended', width: 62, end: true, value: row => row.all, cell: row => count(row.all) },
    { key: 'failure', title: 'Failures', width: 62, end: true, value: row => row.failure, cell: row => <span class={row.failure ? 'bad' : 'dim'}>{count(row.failure)}</span> },
    { key: 'silent', title: 'No resp.', tip: 'No response within the time-out', width: 66, end: true, value: row => row.silent, cell: row => <span class={row.silent ? 'warn' : 'dim'}>{count(row.silent)}</span> },
    { key: 'ratio', title: 'Success', width: 66, end: true, value: row => row.success / row.all, cell: row => percent(row.success / row.all) },
    { key: 'bar', title: '', width: 44, grow: 1, cell: row => <Outcomes {...row} /> },
    { key: 'cause', title: 'Foremost cause', width: 120, grow: 3, value: row => row.cause?.by, text: row => row.cause?.by, cell: row => (row.cause ? <>{row.cause.by} <span class="dim">×{count(row.cause.count)}</span></> : <span class="dim">–</span>) },
  ];
  return (
    <Panel title={kind === 'chains' ? 'Chains' : 'Procedures'} side={
      <Choice label="Show" of={[['chains', 'chains'], ['procedures', 'NGAP procedures']] as const} value={kind} onChange={value => set({ kind: value === 'chains' ? null : value, where: params.getAll('where').filter(one => !one.startsWith('procedure:')) })} />
    }>
      <Standing answer={answer} empty={answer.data?.length === 0}>
        <Table<ProcedureRow> label="Procedures" columns={columns} rows={answer.data ?? []} rowKey={row => row.value} sort="-all" selected={chosen} most={10}
          onOpen={row => narrow(params, 'procedure', row.value === chosen ? null : row.value)} />
      </Standing>
    </Panel>
  );
}

function Behind({ filter, every }: { filter: Filter; every: number }) {
  const [fresh, setFresh] = useState<SnRecord[]>([]);
  const { params } = usePlace();
  const failedOnly = params.get('behind') !== 'all';
  const key = JSON.stringify([filter, failedOnly]);
  const answer = useAsk(`behind ${key}`, async signal => {
    const lists = await Promise.all((failedOnly ? failing(filter) : [filter]).map(one => api.records(one, { limit: 200, order: 'newest' }, signal)));
    setFresh([]);
    return lists.flatMap(list => list.records).sort((a, b) => (a.time < b.time ? 1 : -1));
  }, every ? 60000 : 0, false);
  useLive(every ? ['n2.outcome'] : [], records => {
    const own = records.filter(record => passes(filter, record) && (!failedOnly || record.outcome !== 'success'));
    if (own.length) setFresh(old => [...own.reverse(), ...old].slice(0, 200));
  });
  const rows = useMemo(() => {
    const seen = new Set<string>();
    return [...fresh, ...(answer.data ?? [])].filter(row => !seen.has(row.id) && seen.add(row.id)).slice(0, 400);
  }, [fresh, answer.data]);
  const columns: Column<SnRecord>[] = [
    { key: 'time', title: 'Time', width: 104, mono: true, value: row => row.time, cell: row => shortStamp(exactTime(row.time), 3), text: row => row.time },
    { key: 'ue', title: 'UE', width: 164, mono: true, value: row => row.ue as string, cell: row => (row.ue ? <a href={link('ue', { ue: String(row.ue), at: row.id })}>{row.ue as string}</a> : <span class="dim">–</span>) },
    { key: 'procedure', title: 'Procedure', width: 150, grow: 2, value: row => row.procedure as string, text: row => String(row.procedure) },
    { key: 'outcome', title: 'Outcome', width: 110, value: row => row.outcome as string, cell: row => <State of={String(row.outcome)} /> },
    { key: 'duration', title: 'After', width: 76, end: true, value: row => row.duration_ms as number, cell: row => ms(row.duration_ms as number) },
    { key: 'cause', title: 'Cause', width: 160, grow: 3, value: row => row.cause as string, text: row => [row.group, row.cause].filter(Boolean).join(' '), cell: row => (row.cause ? <><span class="dim">{row.group as string}</span> {row.cause as string}</> : <span class="dim">–</span>) },
    { key: 'gnb', title: 'gNB', width: 120, grow: 2, value: row => row.gnb as string, text: row => String(row.gnb ?? '') },
    { key: 'snssai', title: 'Slice', width: 84, value: row => row.snssai as string },
  ];
  return (
    <Panel title="The UEs behind it" class="wide-panel" id="behind" side={<>
      <Choice label="Which" of={[['failed', 'failed'], ['all', 'all']] as const} value={failedOnly ? 'failed' : 'all'} onChange={value => set({ behind: value === 'all' ? 'all' : null }, false)} />
      <a href={link('records', { type: 'n2.outcome', ...changeOf(filter) })}>In Records</a>
    </>}>
      <Standing answer={answer} empty={rows.length === 0} none={failedOnly ? 'Nothing failed with this filter.' : undefined}>
        <Table label="The UEs behind it: outcomes, newest first" columns={columns} rows={rows} rowKey={row => row.id} most={14} onOpen={row => { if (row.ue) location.hash = link('ue', { ue: String(row.ue), at: row.id }); }} />
      </Standing>
    </Panel>
  );
}

function N2() {
  const { params } = usePlace();
  const range = rangeOf(params), live = isLive(range);
  useNow(30000); /* the span of a range that moves stays right */
  const [from, to] = bounds(range);
  const kind = kindOf(params);
  const base = filterOf(params, 'n2.outcome');
  // Chains and the procedures in them are not counted together, unless one is chosen by its name.
  const filter = valueOf(base, 'chain') ? base : { ...base, where: [...(base.where ?? []), `chain:${kind === 'chains'}`] };
  const every = live ? 10000 : 0;
  const heat = useAsk(`heat ${JSON.stringify(filter)}`, signal => {
    const free: Filter = { ...filter, gnb: undefined, where: filter.where?.filter(one => !one.startsWith('cause:') && !one.startsWith('group:')) };
    return Promise.all(failing(free).map(one => api.counts(one, 'gnb', 'cause', 5000, signal))).then(merged);
  }, every);
  const pick = (gnb: string | null, cause: string | null) => {
    const rest = params.getAll('where').filter(one => !one.startsWith('cause:'));
    set({ gnb, where: cause && cause !== 'no cause given' ? [...rest, `cause:${cause}`] : rest });
    if (gnb || cause) document.getElementById('behind')?.scrollIntoView({ behavior: 'smooth', block: 'nearest' });
  };
  return (
    <div class="page n2">
      <Filters type="n2.outcome" fields={FIELDS} />
      <div class="columns two">
        <OverTime filter={filter} from={from} to={to} live={live} />
        <Durations filter={filter} from={from} to={to} live={live} />
      </div>
      <div class="columns two">
        <Procedures filter={filter} every={every} />
        <Panel title="Failures by gNB and cause" side={<span class="dim">a cell narrows the page</span>}>
          <Standing answer={heat}><HeatMap counts={heat.data ?? []} gnb={filter.gnb} cause={valueOf(filter, 'cause')} onPick={pick} /></Standing>
        </Panel>
      </div>
      <Behind filter={filter} every={every} />
    </div>
  );
}

export const page: Page = { name: 'n2', title: 'N2', key: 'n', order: 20, icon: 'M3 2v12M13 2v12M3 5h9M10 3.5L12 5l-2 1.5M13 11H4M6 9.5L4 11l2 1.5', range: true, show: N2 };
