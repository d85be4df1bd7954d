// SPDX-License-Identifier: Apache-2.0
// Series over a time range, on one grid. Where they are much younger than the range, the grid begins where they do and is as much
// finer, as a day with two points of this minute shows nothing.
import { api, type Series } from './api';
import { gridOf, type Grid } from './series';
import { iso, stepOf } from './time';

const FINEST = 10000, LEAST = 60000, FEW = 8;

export interface Query { name: string; node?: string; label?: string[] }
export interface History { series: Series[]; grid: Grid }

export async function historyOf(query: Query, from: number, to: number, points: number, signal: AbortSignal): Promise<History> {
  let begin = from, step = stepOf(to - begin, points, FINEST);
  for (;;) {
    const series = await api.series({ ...query, from: iso(begin - step), to: iso(to), step: `${step / 1000}s` }, signal);
    const first = series.reduce((least, one) => Math.min(least, one.points[0]?.[0] ?? Infinity), Infinity);
    // Points of a long step bear its beginning or its end: what is younger still shows when it is asked for again.
    const next = Math.max(begin, first - FINEST), finer = stepOf(Math.max(to - next, LEAST), points, FINEST);
    if (first === Infinity || finer >= step || to - first > FEW * step) return { series, grid: gridOf(begin === from ? from : Math.max(begin, Math.min(first, to) - step), to, step) };
    begin = next;
    step = finer;
  }
}
