// SPDX-License-Identifier: Apache-2.0
// Series over a time range, on one grid. Where they are much younger than the range, the grid begins where they do and is as much
// finer, as a day with two points of this minute shows nothing.
import { api, type Series } from './api';
import { gridOf, type Grid } from './series';
import { iso, stepOf } from './time';

const FINEST = 10000, FEW = 8;

export interface Query { name: string; node?: string; label?: string[] }
export interface History { series: Series[]; grid: Grid }

export async function historyOf(query: Query, from: number, to: number, points: number, signal: AbortSignal): Promise<History> {
  const fetchSeries = async (begin: number, step: number) => (await api.series({ ...query, from: iso(begin - step), to: iso(to), step: `${step / 1000}s` }, signal));
  const step = stepOf(to - from, points, FINEST), series = await fetchSeries(from, step);
  const first = series.reduce((least, one) => Math.min(least, one.points[0]?.[0] ?? Infinity), Infinity);
  if (step === FINEST || first === Infinity || to - first > FEW * step) return { series, grid: gridOf(from, to, step) };
  const begin = Math.max(from, first - step), finer = stepOf(Math.max(to - begin, 60000), points, FINEST);
  const again = await fetchSeries(begin, finer);
  const start = again.reduce((least, one) => Math.min(least, one.points[0]?.[0] ?? Infinity), Infinity);
  return { series: again, grid: gridOf(start === Infinity ? begin : Math.max(begin, start - finer), to, finer) };
}
