// SPDX-License-Identifier: Apache-2.0
// The time range in the bar: presets that move with the clock, or two moments.
import { useEffect, useRef, useState } from 'preact/hooks';
import { bounds, durationOf, iso, isLive, isUtc, PRESETS, rangeLabel, rangeOf, stamp } from './time';
import { set, usePlace } from './url';
import { ICONS, Icon } from './ui/bits';

/** What a person writes: 2026-11-24 14:03:27, in the time that is shown; or -15m. null: neither. */
function understood(text: string): string | null {
  text = text.trim();
  if (!text || text === 'now') return '';
  const duration = durationOf(text);
  if (duration !== null) return duration < 0 ? text : `-${text}`;
  const time = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : text.replace(' ', 'T') + (isUtc() ? 'Z' : ''));
  return Number.isNaN(time) ? null : iso(time);
}

export function RangePicker() {
  const { params } = usePlace();
  const range = rangeOf(params);
  const [open, setOpen] = useState(false);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [why, setWhy] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const shift = (by: number) => {
    const [a, b] = bounds(range);
    const width = (b - a) * by;
    set({ from: iso(a + width), to: iso(b + width) });
  };
  useEffect(() => {
    if (!open) return;
    const [a, b] = bounds(range);
    setFrom(durationOf(range.from) !== null ? range.from : stamp(a));
    setTo(range.to ? stamp(b) : 'now');
    setWhy('');
    const away = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    addEventListener('pointerdown', away);
    addEventListener('keydown', escape);
    return () => {
      removeEventListener('pointerdown', away);
      removeEventListener('keydown', escape);
    };
  }, [open]);
  const take = (event: Event) => {
    event.preventDefault();
    const a = understood(from), b = understood(to);
    if (!a) return setWhy('From: a time as 2026-11-24 14:00:00, or a duration as -15m.');
    if (b === null) return setWhy('To: a time as 2026-11-24 14:00:00, or now.');
    const [x, y] = bounds({ from: a, to: b });
    if (!(Date.parse(a) < y || x < y - 1)) return setWhy('From is not before To.');
    set({ from: a, to: b || null });
    setOpen(false);
  };
  return (
    <div class="range" ref={box}>
      <button type="button" class="ghost" aria-label="Earlier" title="Earlier  [" onClick={() => shift(-0.5)}><Icon path={ICONS.left} size={12} /></button>
      <button type="button" class="ghost range-now" id="range" aria-haspopup="dialog" aria-expanded={open} title="Time range  r" onClick={() => setOpen(!open)}>
        <Icon path={ICONS.clock} size={14} /><span>{rangeLabel(range)}</span>
      </button>
      <button type="button" class="ghost" aria-label="Later" title="Later  ]" disabled={isLive(range)} onClick={() => shift(0.5)}><Icon path={ICONS.right} size={12} /></button>
      {!isLive(range) && <button type="button" class="ghost" title="Back to the last 15 minutes" onClick={() => set({ from: null, to: null })}>Live</button>}
      {open && (
        <div class="popup range-popup" role="dialog" aria-label="Time range">
          <ul>
            {PRESETS.map(([preset, label]) => (
              <li key={preset}><button type="button" class={isLive(range) && range.from === preset ? 'on' : ''} onClick={() => { set({ from: preset, to: null }); setOpen(false); }}>Last {label}</button></li>
            ))}
          </ul>
          <form onSubmit={take}>
            <label>From<input value={from} onInput={event => setFrom(event.currentTarget.value)} /></label>
            <label>To<input value={to} onInput={event => setTo(event.currentTarget.value)} /></label>
            {why && <p class="bad" role="alert">{why}</p>}
            <button type="submit" class="primary">Apply</button>
            <p class="dim">{isUtc() ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone}. In a chart: drag.</p>
          </form>
        </div>
      )}
    </div>
  );
}
