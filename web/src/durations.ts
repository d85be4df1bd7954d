// SPDX-License-Identifier: Apache-2.0
// Quantiles of durations over time from records, for what the metrics have no label for, and for fleets whose histograms are too many
// to be fetched: at most SAMPLE records of each step.
import { api, type Filter } from './api';
import type { Row } from './series';
import { iso } from './time';

export const SAMPLE = 200;
const MOST = 600, SETTLED = 15000;
const kept = new Map<string, number[]>();

export function quantileOf(sorted: number[], q: number): number | null {
  if (!sorted.length) return null;
  const at = (sorted.length - 1) * q, low = Math.floor(at), high = Math.ceil(at);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low);
}

/** In seconds, as the histograms have them. */
export async function durationsOverTime(filter: Filter, from: number, to: number, step: number, quantiles: number[], signal: AbortSignal): Promise<{ times: number[]; rows: Row[] }> {
  const times: number[] = [];
  for (let t = Math.floor(from / step) * step; t < to; t += step) times.push(t);
  const values: number[][] = new Array(times.length);
  const missing = times.map((_, i) => i);
  const work = async () => {
    for (let i = missing.pop(); i !== undefined; i = missing.pop()) {
      const t = times[i]!, name = JSON.stringify([{ ...filter, from: '', to: '' }, t, step]);
      const known = kept.get(name);
      if (known) {
        values[i] = known;
        continue;
      }
      const page = await api.records({ ...filter, from: iso(t), to: iso(t + step) }, { limit: SAMPLE, order: 'newest', fields: 'duration_ms' }, signal);
      const got = values[i] = page.records.map(record => Number(record.duration_ms) / 1000).filter(Number.isFinite).sort((a, b) => a - b);
      if (t + step < Date.now() - SETTLED) {
        kept.set(name, got);
        if (kept.size > MOST) kept.delete(kept.keys().next().value!);
      }
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return { times, rows: quantiles.map(q => values.map(list => quantileOf(list, q))) };
}
