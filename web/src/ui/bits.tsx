// SPDX-License-Identifier: Apache-2.0
// The small parts that every page is made of.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { percent } from '../format';
import type { Answer } from '../use';

export function Icon({ path, size = 16 }: { path: string; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

export const ICONS = {
  close: 'M4 4l8 8M12 4l-8 8',
  menu: 'M2 4h12M2 8h12M2 12h12',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3L14 14',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6L13 13M3 13l1.4-1.4M11.6 4.4L13 3',
  moon: 'M13.5 9.5A6 6 0 1 1 6.5 2.5a4.7 4.7 0 0 0 7 7z',
  half: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 2v12M10 3v10M12 4.5v7',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.5V8l2.5 1.5',
  left: 'M10 3L5 8l5 5',
  right: 'M6 3l5 5-5 5',
  out: 'M6 2.5H3v11h3M7 8h7M11.5 5L14.5 8l-3 3',
  user: 'M8 2.5a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4zM2.8 14c.5-3 2.5-4.3 5.2-4.3s4.7 1.3 5.2 4.3',
  down: 'M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10',
  table: 'M2 3h12v10H2zM2 6.5h12M2 10h12M6 3v10',
  flow: 'M3 2v12M8 2v12M13 2v12M3 5h4M8 9h4M13 12H4',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M4.5 9.5h7',
};

export function Panel({ title, side, children, class: extra = '', id }: {
  title?: ComponentChildren; side?: ComponentChildren; children: ComponentChildren; class?: string; id?: string;
}) {
  return (
    <section class={`panel ${extra}`} aria-label={typeof title === 'string' ? title : undefined} id={id}>
      {(title || side) && <header class="panel-head"><h2>{title}</h2><div class="panel-side">{side}</div></header>}
      {children}
    </section>
  );
}

/** What stands in a panel until, or instead of, its figures. */
export function Standing({ answer, empty, none, children }: {
  answer: Answer<unknown>; empty?: boolean; none?: ComponentChildren; children: ComponentChildren;
}) {
  if (answer.data === undefined)
    return answer.error ? <Failure error={answer.error} again={answer.again} /> : <div class="waiting" role="status"><span class="spin" />Asking …</div>;
  return (
    <>
      {answer.error && <Failure error={answer.error} again={answer.again} stale />}
      {empty ? <p class="nothing">{none ?? 'Nothing in this time range.'}</p> : children}
    </>
  );
}
export function Failure({ error, again, stale }: { error: Error; again?: () => void; stale?: boolean }) {
  return (
    <div class="alarm" role="alert">
      <span>{error.message}{stale ? ' What is shown is from before.' : ''}</span>
      {again && <button type="button" class="small" onClick={again}>Try again</button>}
    </div>
  );
}

const TONES: Record<string, string> = {
  success: 'good', up: 'good', exact: 'good', attached: 'good', chosen: 'good', viewer: 'dim',
  failure: 'bad', gone: 'bad', 'no response': 'warn', silent: 'warn', inferred: 'warn', unavailable: 'dim', closed: 'dim',
  'no hook': 'bad', disabled: 'dim', 'not probed': 'dim', 'passed over': 'dim', 'not needed': 'dim', 'not wanted': 'dim',
  all: 'good', canary: 'warn', halted: 'bad', taken: 'good', refused: 'bad', underway: 'warn',
};
export const tone = (word: string): string => TONES[word] ?? 'dim';

/** A word with its colour; the word is there for those who do not see the colour. */
export function State({ of, title }: { of: string; title?: string }) {
  return <span class={`state ${tone(of)}`} title={title}><i aria-hidden="true" />{of}</span>;
}
export function Dot({ tone: which }: { tone: string }) {
  return <i class={`dot ${which}`} aria-hidden="true" />;
}

/** success, failure and no response as one bar, to scale. */
export function Outcomes({ success, failure, silent }: { success: number; failure: number; silent: number }) {
  const all = success + failure + silent;
  if (!all) return <span class="dim">–</span>;
  const label = `${percent(success / all)} success, ${failure} failures, ${silent} without response`;
  const wide = (n: number) => ({ width: `${(n / all) * 100}%` });
  return (
    <span class="outcomes" role="img" aria-label={label} title={label}>
      <i class="success" style={wide(success)} /><i class="failure" style={wide(failure)} /><i class="silent" style={wide(silent)} />
    </span>
  );
}
export function Bar({ share, tone: which = 'accent' }: { share: number; tone?: string }) {
  return <span class="bar" aria-hidden="true"><i class={which} style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} /></span>;
}

export function Choice<T extends string>({ label, of, value, onChange }: {
  label: string; of: readonly (readonly [value: T, title: string])[]; value: T; onChange: (value: T) => void;
}) {
  return (
    <div class="choice" role="radiogroup" aria-label={label}>
      {of.map(([one, title]) => (
        <button type="button" key={one} role="radio" aria-checked={one === value} class={one === value ? 'on' : ''} onClick={() => onChange(one)}>{title}</button>
      ))}
    </div>
  );
}

/** A dialog that the browser itself makes modal: focus stays in, Escape closes. */
export function Dialog({ title, onClose, children, class: extra = '' }: {
  title: string; onClose: () => void; children: ComponentChildren; class?: string;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    ref.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={ref} class={extra} aria-label={title} onClose={onClose} onClick={event => event.target === ref.current && onClose()}>
      <div class="dialog">{children}</div>
    </dialog>
  );
}

export function Fact({ name, children, title }: { name: string; children: ComponentChildren; title?: string }) {
  return <div class="fact" title={title}><dt>{name}</dt><dd>{children}</dd></div>;
}
