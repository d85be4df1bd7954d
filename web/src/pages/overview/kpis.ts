// SPDX-License-Identifier: Apache-2.0
// One KPI over all nodes: where each stands against what is usual for it, and which is worst.
import type { Kpi } from '../../api';

export interface KpiRow {
  kpi: string; unit: string; nodes: number; known: number; worst: Kpi | null; median: number | null; outside: Kpi[];
  low: number | null; high: number | null; /* of the usual ranges */
  values: number[]; standing: string; why?: string;
}
/** 1: more is better, -1: less is better, 0: neither. */
export function direction(kpi: string, unit = ''): number {
  if (/failure|loss|time\b|duration|delay/i.test(kpi) || unit === 'ms' || unit === 's') return -1;
  if (/success|ratio|rate/i.test(kpi) || unit === 'ratio') return 1;
  return 0;
}
const STANDINGS = ['exact', 'inferred', 'unavailable'];

/** How far out of its usual range, in widths of it; negative: inside. */
export function deviation(one: Kpi): number {
  if (!one.usual || one.value === null) return -Infinity;
  const { low, high } = one.usual, width = Math.max(high - low, Math.abs(high) * 1e-3, 1e-9);
  const better = direction(one.kpi, one.unit);
  const under = (low - one.value) / width, above = (one.value - high) / width;
  return better > 0 ? under : better < 0 ? above : Math.max(under, above);
}

export function kpiRows(kpis: Kpi[]): KpiRow[] {
  const groups = new Map<string, Kpi[]>();
  for (const one of kpis) {
    const group = groups.get(one.kpi);
    if (group) group.push(one);
    else groups.set(one.kpi, [one]);
  }
  return [...groups].map(([kpi, group]) => {
    const unit = group[0]!.unit ?? '', better = direction(kpi, unit);
    const known = group.filter(one => one.value !== null).sort((a, b) => a.value! - b.value!);
    const outside = known.filter(one => deviation(one) > 0).sort((a, b) => deviation(b) - deviation(a));
    const usual = group.flatMap(one => (one.usual ? [one.usual] : []));
    const standing = group.reduce((worst, one) => (STANDINGS.indexOf(one.standing) > STANDINGS.indexOf(worst) ? one.standing : worst), 'exact');
    return {
      kpi, unit, nodes: group.length, known: known.length, outside, standing,
      worst: better > 0 ? known[0] ?? null : better < 0 ? known[known.length - 1] ?? null : outside[0] ?? null,
      median: known.length ? known[Math.floor((known.length - 1) / 2)]!.value : null,
      low: usual.length ? Math.min(...usual.map(one => one.low)) : null, high: usual.length ? Math.max(...usual.map(one => one.high)) : null,
      values: known.map(one => one.value!), why: group.find(one => one.why)?.why,
    };
  });
}
