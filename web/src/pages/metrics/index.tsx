// SPDX-License-Identifier: Apache-2.0
// Any metric: pick, narrow by labels, split by one, look.
import { useMemo, useState } from 'preact/hooks';
import { api, type Series } from '../../api';
import { count, inUnit, ms, unitOf, whole } from '../../format';
import { historyOf } from '../../history';
import type { Page } from '../../page';
import { quantileRows, sumBy, type Row } from '../../series';
import { bounds, isLive, rangeOf, stepOf } from '../../time';
import { useAsk, useDelayed } from '../../use';
import { set, usePlace } from '../../url';
import { Choice, ICONS, Icon, Panel, Standing } from '../../ui/bits';
import { Chart, TONES, type Line } from '../../ui/chart';
import { Combo } from '../../ui/combo';
import { Table, type Column } from '../../ui/table';

const LINES = 20;
type How = 'rate' | 'increase' | 'value';
interface Split { key: string; row: Row; last: number | null; mean: number | null; most: number | null }

function List({ chosen }: { chosen: string }) {
  const [text, setText] = useState('');
  const answer = useAsk('metrics', api.metrics, 60000);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = useMemo(() => (answer.data ?? []).filter(one => words.every(word => one.name.toLowerCase().includes(word))), [answer.data, text]);
  return (
    <Panel title="Metrics" class="metric-list filling" side={<span class="dim">{whole(rows.length)}</span>}>
      <div class="search"><Icon path={ICONS.search} size={14} /><input id="filter" type="search" aria-label="Filter metrics" placeholder="Filter" value={text} onInput={event => setText(event.currentTarget.value)} /></div>
      <Standing answer={answer} empty={rows.length === 0} none={text ? 'No metric has this in its name.' : 'No sample has come in yet.'}>
        <Table label="Metrics" fill rows={rows} rowKey={row => row.name} selected={chosen} sort="name" onOpen={row => set({ name: row.name, label: null, by: null, how: null, all: null })} columns={[
          { key: 'name', title: 'Name', width: 200, grow: 1, mono: true, value: row => row.name, text: row => row.name },
          { key: 'series', title: 'Series', width: 58, end: true, value: row => row.series, cell: row => count(row.series) },
        ]} />
      </Standing>
    </Panel>
  );
}

const POINTS = 180;
const OUTCOMES: Record<string, string> = { success: 'success', failure: 'failure', 'no response': 'silent' };
/** So many series are not fetched before they are narrowed. */
const MOST_SERIES = 20000;

function Narrow({ name, series }: { name: string; series: number }) {
  const [text, setText] = useState('');
  const late = useDelayed(text, 150);
  const answer = useAsk(`narrow ${late}`, signal => api.nodes({ text: late, limit: 12 }, signal));
  return (
    <Panel title={name} class="mono-title">
      <div class="bar-row">
        <Combo id="node" label="Node" placeholder="Node" value={text} onInput={setText} offers={(answer.data?.nodes ?? []).map(node => ({ key: node.name, title: node.name, side: node.state }))} onTake={node => set({ node })} onEnter={node => node && set({ node })} />
        <span>{whole(series)} series: choose a node, or</span><button type="button" class="small" onClick={() => set({ all: '1' })}>fetch them all</button>
      </div>
      <p class="foot" />
    </Panel>
  );
}

function View({ name }: { name: string }) {
  const { params } = usePlace();
  const known = useAsk('metrics', api.metrics, 60000);
  const many = known.data?.find(one => one.name === name)?.series ?? 0;
  if (many > MOST_SERIES && !params.get('node') && !params.getAll('label').length && params.get('all') !== '1') return <div class="stack"><Narrow name={name} series={many} /></div>;
  return known.data || known.error ? <Plot name={name} /> : <Standing answer={known}>{null}</Standing>;
}

function Plot({ name }: { name: string }) {
  const { params } = usePlace();
  const range = rangeOf(params), live = isLive(range);
  const [from, to] = bounds(range);
  const step = stepOf(to - from, POINTS, 10000);
  const labels = params.getAll('label'), node = params.get('node') ?? undefined, by = params.get('by') ?? '';
  const answer = useAsk(JSON.stringify(['series', name, labels, node, step, live ? range.from : [from, to]]), async signal => {
    const [a, b] = live ? bounds(range) : [from, to];
    return historyOf({ name, node, label: labels }, a, b, POINTS, signal);
  }, live ? 10000 : 0, false);
  const series: Series[] = answer.data?.series ?? [];
  const histogram = name.endsWith('_bucket');
  const counter = series.some(one => one.kind === 'counter');
  const how: How = (params.get('how') as How | null) ?? (counter ? 'rate' : 'value');
  const unit = unitOf(name);
  const names = useMemo(() => {
    const values = new Map<string, Set<string>>([['node', new Set()]]);
    for (const one of series) {
      values.get('node')!.add(one.node);
      for (const [label, value] of Object.entries(one.labels)) {
        if (label === 'le' && histogram) continue;
        const known = values.get(label);
        if (known) known.add(value);
        else values.set(label, new Set([value]));
      }
    }
    return values;
  }, [series]);
  const splits = useMemo<Split[]>(() => {
    if (!answer.data) return [];
    const { grid } = answer.data;
    const key = (one: Series) => (by === 'node' ? one.node : by ? one.labels[by] ?? '' : '');
    let rows: [string, Row][];
    if (histogram) {
      const groups = new Map<string, Series[]>();
      for (const one of series) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
      rows = by ? [...groups].map(([k, group]) => [k || 'none', quantileRows(group, grid, [0.95])[0]!])
        : quantileRows(series, grid, [0.5, 0.95, 0.99]).map((row, i) => [['p50', 'p95', 'p99'][i]!, row]);
    } else {
      const scale = counter && how === 'rate' ? 1000 / grid.step : 1;
      rows = [...sumBy(series, grid, key)].map(([k, row]) => [k || (by ? 'none' : 'all'), scale === 1 ? row : row.map(value => (value === null ? null : value * scale))]);
    }
    return rows.map(([k, row]) => {
      const known = row.filter((value): value is number => value !== null);
      return {
        key: k, row, last: known[known.length - 1] ?? null, most: known.length ? Math.max(...known) : null,
        mean: known.length ? known.reduce((a, b) => a + b, 0) / known.length : null,
      };
    }).sort((a, b) => (histogram && !by ? 0 : (b.mean ?? -1) - (a.mean ?? -1)));
  }, [answer.data, by, how]);
  const shown = splits.slice(0, LINES);
  const toneOf = (split: Split) => (by === 'outcome' && OUTCOMES[split.key]) || TONES[shown.indexOf(split) % TONES.length]!;
  const lines: Line[] = shown.map((split, i) => ({ label: split.key, row: split.row, tone: toneOf(split), dash: i >= TONES.length }));
  const format = (value: number | null | undefined) => {
    const text = inUnit(value, counter && how === 'rate' && unit !== 's' ? undefined : unit);
    return counter && how === 'rate' && !histogram && text !== '–' ? `${text}/s` : text;
  };
  const columns: Column<Split>[] = [
    { key: 'key', title: by || 'Series', width: 160, grow: 3, value: row => row.key, text: row => row.key, cell: row => <><svg width="10" height="10" aria-hidden="true" class={`ink ${shown.includes(row) ? `t-${toneOf(row)}` : ''}`}><rect y="1" width="10" height="8" rx="1" /></svg> {row.key}</> },
    { key: 'last', title: 'Latest', width: 96, end: true, value: row => row.last, cell: row => format(row.last) },
    { key: 'mean', title: 'Mean', width: 96, end: true, value: row => row.mean, cell: row => format(row.mean) },
    { key: 'most', title: 'Largest', width: 96, end: true, value: row => row.most, cell: row => format(row.most) },
  ];
  const setLabel = (label: string, value: string) =>
    label === 'node' ? set({ node: value || null }) : set({ label: [...labels.filter(one => !one.startsWith(`${label}:`)), ...(value ? [`${label}:${value}`] : [])] });
  const valueOf = (label: string) => (label === 'node' ? node ?? '' : labels.find(one => one.startsWith(`${label}:`))?.slice(label.length + 1) ?? '');
  const splittable = [...names].filter(([, values]) => values.size > 1).map(one => one[0]);
  return (
    <div class="stack">
      <Panel title={name} class="mono-title" side={<span class="dim">{whole(series.length)} series, {counter ? histogram ? 'histogram' : 'counter' : 'gauge'}, each {ms(answer.data?.grid.step ?? step)}</span>}>
        <div class="bar-row">
          {[...names].map(([label, values]) => {
            const value = valueOf(label);
            if (!value && values.size < 2) return values.size ? <span class="chip" key={label}><span class="dim">{label}</span> {[...values][0]}</span> : null;
            return (
              <label class="select" key={label}>{label} <select value={value} onChange={event => setLabel(label, event.currentTarget.value)}>
                <option value="">all ({values.size})</option>{[...new Set([...values, ...(value ? [value] : [])])].sort().slice(0, 500).map(one => <option key={one}>{one}</option>)}
              </select></label>
            );
          })}
          <span class="grow" />
          <label class="select">split by <select value={by} onChange={event => set({ by: event.currentTarget.value || null }, false)}>
            <option value="">{histogram ? 'p50, p95, p99' : 'nothing: sum'}</option>{[...new Set([...splittable, ...(by ? [by] : [])])].map(one => <option key={one}>{one}</option>)}
          </select></label>
          {histogram && by && <span class="dim">p95</span>}
          {counter && !histogram && <Choice label="As" of={[['rate', 'per second'], ['increase', 'per step']] as const} value={how === 'increase' ? 'increase' : 'rate'} onChange={value => set({ how: value === 'rate' ? null : value }, false)} />}
        </div>
        <Standing answer={answer} empty={splits.length === 0} none="No sample in this time range.">
          <Chart label={name} times={answer.data?.grid.times ?? []} lines={lines} unit={format} height={280} />
          {splits.length > LINES && <p class="foot dim">The {LINES} largest of {whole(splits.length)} are drawn; all stand below.</p>}
        </Standing>
      </Panel>
      {splits.length > 1 && <Panel title="Values"><Table label="Values" columns={columns} rows={splits} rowKey={row => row.key} most={14} onOpen={row => { if (by) setLabel(by, row.key === 'none' ? '' : row.key); }} /></Panel>}
    </div>
  );
}

function Metrics() {
  const { params } = usePlace();
  const name = params.get('name') ?? '';
  return (
    <div class={`page full metrics ${name ? 'chosen' : ''}`}>
      <List chosen={name} />
      {name ? <View key={name} name={name} /> : <p class="nothing choose">Choose a metric.</p>}
    </div>
  );
}

export const page: Page = { name: 'metrics', title: 'Metrics', key: 'm', order: 60, icon: 'M2 2v12h12M4.5 10.5l3-4 2.5 2.5 4-5.5', range: true, show: Metrics };
