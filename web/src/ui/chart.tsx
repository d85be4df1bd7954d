// SPDX-License-Identifier: Apache-2.0
// Lines and stacked bars over time, painted by uPlot. What the pointer is over stands in the legend; dragging takes a time range.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, day, iso, isUtc, shortStamp } from '../time';
import { colour, useTheme } from '../theme';
import { set } from '../url';
import type { Row } from '../series';

export interface Line { label: string; row: Row; tone: string; dash?: boolean; onPick?: () => void; href?: string }
interface Props {
  label: string; times: number[]; lines: Line[]; unit: (value: number | null | undefined) => string;
  bars?: boolean; /* stacked */
  height?: number; sync?: string; legend?: 'row' | 'table'; zoom?: boolean;
}

export const TONES = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', 'c10'];

/** The largest on top of the sums: painted first, the others over it. */
function stacked(lines: Line[]): Row[] {
  const sums: Row[] = [];
  let below: Row = new Array(lines[0]?.row.length ?? 0).fill(0);
  for (const line of lines) {
    below = line.row.map((value, i) => (below[i] ?? 0) + (value ?? 0));
    sums.push(below);
  }
  return sums;
}

/** Values without neighbours: no line goes through them, so they get a point. */
const isolated = (u: uPlot, series: number): number[] => {
  const row = u.data[series]!, none = (i: number) => row[i] === null || row[i] === undefined;
  return Array.from(row.keys()).filter(i => !none(i) && none(i - 1) && none(i + 1));
};

export function Chart({ label, times, lines, unit, bars, height = 180, sync, legend = 'row', zoom = true }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useTheme();
  const [over, setOver] = useState<number | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = lines.filter(line => !hidden.has(line.label));
  const shape = `${shown.map(line => line.label + line.tone + line.dash).join('|')}#${bars}${theme}${isUtc()}${height}`;
  const formatter = useRef(unit);
  formatter.current = unit;

  const data = useMemo<uPlot.AlignedData>(() => {
    const rows = bars ? stacked(shown).reverse() : shown.map(line => line.row);
    return [times.map(t => t / 1000), ...rows];
  }, [times, lines, hidden, bars]);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = box.current!;
    const ink = colour('dim'), rule = colour('rule');
    const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: `11px ${colour('sans')}` };
    const order = bars ? [...shown].reverse() : shown;
    const span = () => {
      const t = latest.current[0];
      return t.length ? t[t.length - 1]! - t[0]! : 0;
    };
    const stepOfData = () => {
      const t = latest.current[0];
      return t.length > 1 ? t[1]! - t[0]! : 1;
    };
    const made = new uPlot({
      width: Math.max(80, element.clientWidth), height,
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: {
        drag: { x: zoom, y: false, setScale: false },
        points: { show: !bars, size: 6 },
        y: false,
        ...(sync ? { sync: { key: sync, setSeries: false } } : {}),
      },
      scales: { x: { time: true, range: (_u, min, max) => [min, max + (bars ? stepOfData() : 0)] }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] } },
      axes: [
        { ...axis, size: 26, space: 64, values: (_u, splits) => splits.map(s => (span() > 172800 ? `${day(s * 1000).slice(5)} ${clock(s * 1000).slice(0, 5)}` : clock(s * 1000).slice(0, span() < 600 ? 8 : 5))) },
        { ...axis, size: 58, space: 26, gap: 4, values: (_u, splits) => splits.map(v => (bars && !Number.isInteger(v) ? '' : formatter.current(v))) },
      ],
      series: [{}, ...order.map(line => {
        const paint = colour(line.tone);
        return bars
          ? { label: line.label, stroke: paint, fill: paint, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.82, 40], align: 1 }) }
          : { label: line.label, stroke: paint, width: 1.5, dash: line.dash ? [5, 4] : undefined, points: { show: true, size: 5, filter: isolated }, spanGaps: false };
      })],
      hooks: {
        setCursor: [u => setOver(u.cursor.idx ?? null)],
        setSelect: [u => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, 'x') * 1000, to = u.posToVal(u.select.left + u.select.width, 'x') * 1000;
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          set({ from: iso(Math.floor(from)), to: iso(Math.ceil(to)) });
        }],
      },
    }, latest.current, element);
    chart.current = made;
    const watch = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => chart.current?.setData(data), [data]);

  const last = over ?? -1;
  const value = (line: Line): number | null => {
    if (last >= 0) return line.row[last] ?? null;
    if (bars) return line.row.reduce<number>((sum, one) => sum + (one ?? 0), 0);
    for (let i = line.row.length - 1; i >= 0; i--) if (line.row[i] !== null) return line.row[i]!;
    return null;
  };
  const toggle = (name: string, only: boolean) => setHidden(old => {
    if (only) {
      const others = lines.map(line => line.label).filter(one => one !== name);
      return others.every(one => old.has(one)) ? new Set() : new Set(others);
    }
    const next = new Set(old);
    if (!next.delete(name)) next.add(name);
    return next;
  });
  const sentence = `${label}. ${lines.map(line => {
    const known = line.row.filter((v): v is number => v !== null);
    return known.length ? `${line.label}: latest ${unit(known[known.length - 1])}, largest ${unit(known.reduce((a, b) => Math.max(a, b), -Infinity))}` : `${line.label}: no value`;
  }).join('; ')}`;

  return (
    <figure class="chart">
      <div ref={box} class="chart-box" role="img" aria-label={sentence} style={{ height: `${height}px` }} />
      <figcaption class={`legend ${legend}`}>
        <span class="legend-time">{last >= 0 && times[last] !== undefined ? shortStamp(times[last]!) : bars ? 'together' : 'latest'}</span>
        {lines.map(line => (
          <button
            type="button" key={line.label} class={hidden.has(line.label) ? 'off' : ''} aria-pressed={!hidden.has(line.label)}
            title="Click: only this one. With Ctrl: without it." onClick={event => toggle(line.label, !event.ctrlKey && !event.metaKey)}
          >
            <svg width="10" height="10" aria-hidden="true" class={`ink t-${line.tone}`}><rect y={line.dash ? 4 : 1} width="10" height={line.dash ? 2 : 8} rx="1" /></svg>
            <span class="legend-name">{line.label}</span> <b>{unit(value(line))}</b>
          </button>
        ))}
      </figcaption>
    </figure>
  );
}

/** A line without axes, for a table's cell. */
export function Spark({ row, tone = 'accent', label }: { row: Row; tone?: string; label: string }) {
  const W = 96, H = 18;
  const most = row.reduce<number>((a, b) => Math.max(a, b ?? 0), 0);
  if (!most || row.length < 2) return <span class="dim">–</span>;
  let path = '', pen = 'M';
  row.forEach((value, i) => {
    if (value === null) pen = 'M';
    else {
      path += `${pen}${((i / (row.length - 1)) * W).toFixed(1)} ${(H - 2 - (value / most) * (H - 4)).toFixed(1)}`;
      pen = 'L';
    }
  });
  return <svg class={`spark ${tone}`} width={W} height={H} role="img" aria-label={label}><path d={path} /></svg>;
}
