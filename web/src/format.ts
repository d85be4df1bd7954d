// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. Nothing is rounded to a better figure than it is: 0.9996 is 99.96 %, never 100 %.

const NONE = '–';
const given = (x: number | null | undefined): x is number => typeof x === 'number' && Number.isFinite(x);

/** Three significant digits, with k, M, G. */
export function count(x: number | null | undefined): string {
  if (!given(x)) return NONE;
  const size = Math.abs(x);
  if (size >= 1e9) return `${digits(x / 1e9)} G`;
  if (size >= 1e6) return `${digits(x / 1e6)} M`;
  if (size >= 1e4) return `${digits(x / 1e3)} k`;
  return Number.isInteger(x) ? String(x) : digits(x);
}
export function digits(x: number | null | undefined, significant = 3): string {
  if (!given(x)) return NONE;
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size >= 10 ** significant) return String(Math.round(x));
  if (size < 1e-4) return x.toExponential(1);
  return String(Number(x.toPrecision(significant)));
}
/** Whole, with thin spaces between thousands. */
export const whole = (x: number | null | undefined): string =>
  given(x) ? Math.round(x).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f') : NONE;

/** Never 100 % for what is below 1, never 0 % for what is above 0. */
export function percent(x: number | null | undefined): string {
  if (!given(x)) return NONE;
  const p = x * 100;
  if (p === 0 || p === 100) return `${p} %`;
  for (let places = Math.abs(p) < 10 ? 2 : 1; places < 6; places++) {
    const text = p.toFixed(places);
    if (Number(text) !== 100 && Number(text) !== 0) return `${text} %`;
  }
  return `${digits(p)} %`;
}
export function ms(x: number | null | undefined): string {
  if (!given(x)) return NONE;
  const size = Math.abs(x);
  if (size >= 3600000) return `${digits(x / 3600000)} h`;
  if (size >= 120000) return `${digits(x / 60000)} min`;
  if (size >= 1000) return `${digits(x / 1000)} s`;
  if (size > 0 && size < 1) return `${digits(x * 1000)} µs`;
  return `${digits(x)} ms`;
}
export function octets(x: number | null | undefined): string {
  if (!given(x)) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (Math.abs(x) >= 1024 && unit < units.length - 1) {
    x /= 1024;
    unit++;
  }
  return `${digits(x)} ${units[unit]}`;
}
export function ago(ms: number, now = Date.now()): string {
  if (!Number.isFinite(ms)) return NONE;
  const s = Math.max(0, Math.round((now - ms) / 1000));
  if (s < 2) return 'now';
  if (s < 120) return `${s} s ago`;
  if (s < 7200) return `${Math.round(s / 60)} min ago`;
  if (s < 172800) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86400)} d ago`;
}
export function span(s: number | null | undefined): string {
  if (!given(s)) return NONE;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${digits(s / 3600)} h`;
  return `${digits(s / 86400)} d`;
}
/** A value in the unit that a record type or KPI gives it. */
export function inUnit(x: number | null | undefined, unit?: string): string {
  switch (unit) {
    case 'ratio': return percent(x);
    case 'ms': return ms(x);
    case 'ns': return ms(given(x) ? x / 1e6 : x);
    case 's': return ms(given(x) ? x * 1000 : x);
    case 'B': return octets(x);
    case undefined: case '': case '1': return count(x);
    default: return given(x) ? `${count(x)} ${unit}` : NONE;
  }
}
/** The unit that the name of a Prometheus metric ends in. */
export function unitOf(metric: string): string | undefined {
  const name = metric.replace(/_(total|bucket|sum|count)$/, '');
  if (name.endsWith('_seconds')) return 's';
  if (name.endsWith('_bytes') || name.endsWith('_octets')) return 'B';
  if (name.endsWith('_ratio') || name.endsWith('_share')) return 'ratio';
  return undefined;
}
