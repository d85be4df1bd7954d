// SPDX-License-Identifier: Apache-2.0
// Arithmetic over series: rates of counters, sums by label, quantiles of histograms. All on one grid of times.
import type { Point, Series } from './api';

export type Row = (number | null)[];
export interface Grid { times: number[]; step: number } /* ms */

export function gridOf(from: number, to: number, step: number): Grid {
  const times = [];
  for (let t = Math.floor(from / step) * step; t <= to; t += step) times.push(t);
  return { times, step };
}
const slot = (grid: Grid, time: number): number => Math.floor((time - grid.times[0]!) / grid.step);

/** The last value of each step. */
export function gaugeRow(points: Point[], grid: Grid): Row {
  const row: Row = new Array(grid.times.length).fill(null);
  for (const [time, value] of points) {
    const i = slot(grid, time);
    if (i >= 0 && i < row.length) row[i] = value;
  }
  return row;
}
/** Increase by step; a counter that fell was started anew. A step without a sample before it is not known: null. */
export function increaseRow(points: Point[], grid: Grid): Row {
  const row: Row = new Array(grid.times.length).fill(null);
  for (let k = 1; k < points.length; k++) {
    const [before, old] = points[k - 1]!, [time, value] = points[k]!;
    const rise = value >= old ? value - old : value;
    const first = slot(grid, before) + 1, last = slot(grid, time);
    // Spread over the steps without a sample of their own.
    const steps = Math.max(1, last - first + 1);
    for (let i = Math.min(first, last); i <= last; i++)
      if (i >= 0 && i < row.length) row[i] = (row[i] ?? 0) + rise / steps;
  }
  return row;
}
export function add(into: Row, row: Row): Row {
  for (let i = 0; i < into.length; i++) {
    const value = row[i];
    if (value !== null && value !== undefined) into[i] = (into[i] ?? 0) + value;
  }
  return into;
}
/** Sums by what `key` says; counters as increase by step. */
export function sumBy(series: Series[], grid: Grid, key: (series: Series) => string): Map<string, Row> {
  const sums = new Map<string, Row>();
  for (const one of series) {
    const name = key(one), row = one.kind === 'counter' ? increaseRow(one.points, grid) : gaugeRow(one.points, grid);
    const sum = sums.get(name);
    if (sum) add(sum, row);
    else sums.set(name, row);
  }
  return sums;
}

/** As Prometheus' histogram_quantile: linear within a bucket; of the last, open one its lower bound. */
export function quantile(buckets: [le: number, cumulative: number][], q: number): number | null {
  const sorted = [...buckets].sort((a, b) => a[0] - b[0]);
  const total = sorted.length ? sorted[sorted.length - 1]![1] : 0;
  if (!(total > 0)) return null;
  const rank = q * total;
  let below = 0, bound = 0;
  for (const [le, cumulative] of sorted) {
    if (cumulative >= rank) {
      if (!Number.isFinite(le)) return bound;
      return cumulative > below ? bound + ((le - bound) * (rank - below)) / (cumulative - below) : le;
    }
    below = cumulative;
    bound = le;
  }
  return bound;
}
/**
 * Quantiles by step from series NAME_bucket. Cumulative buckets that are missing in a series (empty ones may be left out) are taken
 * for what the next lower one has, series by series, before they are added up.
 */
export function quantileRows(series: Series[], grid: Grid, quantiles: number[]): Row[] {
  const groups = new Map<string, Map<number, Row>>();
  const bounds = new Set<number>();
  for (const one of series) {
    const le = one.labels.le === '+Inf' ? Infinity : Number(one.labels.le);
    if (Number.isNaN(le)) continue;
    bounds.add(le);
    const { le: _, ...rest } = one.labels;
    const key = one.node + JSON.stringify(rest);
    let group = groups.get(key);
    if (!group) groups.set(key, group = new Map());
    group.set(le, increaseRow(one.points, grid));
  }
  const all = [...bounds].sort((a, b) => a - b);
  const total = all.map(() => new Array<number>(grid.times.length).fill(0));
  for (const group of groups.values()) {
    let below: Row | undefined;
    all.forEach((le, k) => {
      const row = group.get(le) ?? below;
      if (row) row.forEach((value, i) => { total[k]![i] = total[k]![i]! + (value ?? 0); });
      below = row;
    });
  }
  return quantiles.map(q => grid.times.map((_, i) => quantile(all.map((le, k) => [le, total[k]![i]!]), q)));
}
