// SPDX-License-Identifier: Apache-2.0
// Times and ranges. A range is two texts as the API takes them: RFC 3339, or a negative duration that moves with the clock.

export interface Range { from: string; to: string }
export const DEFAULT_FROM = '-15m';
export const PRESETS: [from: string, label: string][] = [
  ['-5m', '5 minutes'], ['-15m', '15 minutes'], ['-1h', '1 hour'], ['-3h', '3 hours'], ['-6h', '6 hours'], ['-12h', '12 hours'],
  ['-24h', '24 hours'], ['-2d', '2 days'], ['-7d', '7 days'], ['-30d', '30 days'],
];
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000 };

/** "-15m" → -900000, null when it is no duration. */
export function durationOf(text: string): number | null {
  const m = /^(-?)(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return m ? (m[1] ? -1 : 1) * Number(m[2]) * UNITS[m[3]!]! : null;
}

export const rangeOf = (params: URLSearchParams): Range => ({ from: params.get('from') || DEFAULT_FROM, to: params.get('to') || '' });
export const isLive = (range: Range): boolean => !range.to;

/** Milliseconds since 1970 of an end of a range; `otherwise` when there is none. */
export function momentOf(text: string, now: number, otherwise = now): number {
  if (!text) return otherwise;
  const duration = durationOf(text);
  if (duration !== null) return now + duration;
  const time = Date.parse(text);
  return Number.isNaN(time) ? otherwise : time;
}
export const bounds = (range: Range, now = Date.now()): [from: number, to: number] => {
  const to = momentOf(range.to, now);
  return [Math.min(momentOf(range.from, now, to - 900000), to - 1), to];
};

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].map(s => s * 1000);
/** A round step, in ms, that cuts a span into at most `most` pieces. */
export const stepOf = (span: number, most: number, least = 1000): number =>
  STEPS.find(step => step >= least && span / step <= most) ?? Math.ceil(span / most / 86400000) * 86400000;

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Milliseconds since 1970 with what stands behind them: Date.parse alone stops at milliseconds. */
export function exactTime(text: string): number {
  const m = /^(.*?:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.exec(text);
  return m ? Date.parse(m[1]! + m[3]!) + Number(m[2] ?? 0) * 1000 : Date.parse(text);
}

let utc = false;
try {
  utc = localStorage.getItem('sauron.utc') === '1';
} catch { /* no storage: local time */ }
export const isUtc = (): boolean => utc;
export function setUtc(on: boolean): void {
  utc = on;
  try {
    localStorage.setItem('sauron.utc', on ? '1' : '0');
  } catch { /* not kept, then */ }
}

const two = (n: number): string => String(n).padStart(2, '0');
const parts = (ms: number): number[] => {
  const d = new Date(ms);
  return utc
    ? [d.getUTCFullYear(), d.getUTCMonth() + 1, d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()]
    : [d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
};
/** 14:03:27.123 */
export function clock(ms: number, digits = 0): string {
  if (!Number.isFinite(ms)) return '–';
  const [, , , h, m, s] = parts(ms);
  const rest = digits ? `.${String(Math.floor((ms - Math.floor(ms / 1000) * 1000) * 10 ** (digits - 3))).padStart(digits, '0')}` : '';
  return `${two(h!)}:${two(m!)}:${two(s!)}${rest}`;
}
/** 2026-11-24 */
export function day(ms: number): string {
  const [y, m, d] = parts(ms);
  return `${y}-${two(m!)}-${two(d!)}`;
}
export const stamp = (ms: number, digits = 0): string => (Number.isFinite(ms) ? `${day(ms)} ${clock(ms, digits)}` : '–');
/** The clock alone for today, else with its day. */
export const shortStamp = (ms: number, digits = 0): string =>
  !Number.isFinite(ms) ? '–' : day(ms) === day(Date.now()) ? clock(ms, digits) : `${day(ms).slice(5)} ${clock(ms, digits)}`;

export function rangeLabel(range: Range): string {
  if (isLive(range)) {
    const preset = PRESETS.find(one => one[0] === range.from);
    if (preset) return `Last ${preset[1]}`;
    if (durationOf(range.from) !== null) return `Last ${range.from.slice(1)}`;
    return `Since ${shortStamp(Date.parse(range.from))}`;
  }
  const [from, to] = bounds(range);
  return `${stamp(from)} – ${day(from) === day(to) ? clock(to) : stamp(to)}`;
}
