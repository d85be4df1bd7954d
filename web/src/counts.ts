// SPDX-License-Identifier: Apache-2.0
// Counts of records over time: cut into steps, each asked for once. What is over does not change any more and is kept.
import { api, type Count, type Filter } from './api';
import { iso } from './time';

const kept = new Map<string, Count[]>();
const MOST = 600, SETTLED = 15000;

export interface Steps { times: number[]; counts: Count[][] }

/** Counts by `field` in each step between two moments (aligned to the step). */
export async function countsOverTime(filter: Filter, field: string, from: number, to: number, step: number, signal: AbortSignal): Promise<Steps> {
  const times: number[] = [];
  for (let t = Math.floor(from / step) * step; t < to; t += step) times.push(t);
  const counts: Count[][] = new Array(times.length);
  const missing: number[] = [];
  const name = (t: number) => JSON.stringify([{ ...filter, from: '', to: '' }, field, t, step]);
  times.forEach((t, i) => {
    const known = kept.get(name(t));
    if (known) counts[i] = known;
    else missing.push(i);
  });
  const work = async () => {
    for (let i = missing.pop(); i !== undefined; i = missing.pop()) {
      const t = times[i]!;
      const got = await api.counts({ ...filter, from: iso(t), to: iso(t + step) }, field, undefined, 100, signal);
      counts[i] = got;
      if (t + step < Date.now() - SETTLED) {
        kept.set(name(t), got);
        if (kept.size > MOST) kept.delete(kept.keys().next().value!);
      }
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return { times, counts };
}
