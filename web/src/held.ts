// SPDX-License-Identifier: Apache-2.0
// Rows of a table that keep their order while more come.
export interface Held<R> { sort: string; rows: R[]; keys: Set<string> }
/**
 * The rows in the order that is held, each as it is now. Rows after the last that was there are new and come along; others wait.
 * @return how many wait; `held` is brought up to date.
 */
export function holdRows<R>(held: Held<R>, rows: R[], rowKey: (row: R) => string): number {
  const now = new Map(rows.map(row => [rowKey(row), row]));
  let last = rows.length;
  while (last > 0 && !held.keys.has(rowKey(rows[last - 1]!))) last--;
  held.rows = held.rows.map(row => now.get(rowKey(row)) ?? row);
  if (last > 0 || held.rows.length === 0)
    for (const row of rows.slice(last)) {
      held.keys.add(rowKey(row));
      held.rows.push(row);
    }
  return [...now.keys()].filter(key => !held.keys.has(key)).length;
}
