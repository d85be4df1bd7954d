// SPDX-License-Identifier: Apache-2.0
// Counts by outcome, put together.
import type { Count } from './api';

export interface Whole { value: string; success: number; failure: number; silent: number; all: number }
export function totals(counts: Count[]): Whole[] {
  const rows = new Map<string, Whole>();
  for (const one of counts) {
    if (!one.value) continue;
    let row = rows.get(one.value);
    if (!row) rows.set(one.value, row = { value: one.value, success: 0, failure: 0, silent: 0, all: 0 });
    row.all += one.count;
    if (one.by === 'success') row.success += one.count;
    else if (one.by === 'failure') row.failure += one.count;
    else row.silent += one.count;
  }
  return [...rows.values()];
}
