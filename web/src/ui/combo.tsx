// SPDX-License-Identifier: Apache-2.0
// A text field that offers what could be meant.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

export interface Offer { key: string; title: ComponentChildren; side?: ComponentChildren }
let ids = 0;

export function Combo({ label, placeholder, value, onInput, offers, onTake, onEnter, open: always, focus, id }: {
  label: string; placeholder?: string; value: string; onInput: (text: string) => void; offers: Offer[];
  onTake: (key: string) => void; onEnter?: (text: string) => void;
  open?: boolean; /* the list is always there */
  focus?: boolean; id?: string;
}) {
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(always ? 0 : -1);
  const list = useMemo(() => `c${++ids}`, []);
  const input = useRef<HTMLInputElement>(null);
  const shown = (always || open) && offers.length > 0;
  useEffect(() => setAt(always ? 0 : -1), [value]);
  useEffect(() => {
    if (focus) input.current?.focus();
  }, []);
  const take = (key: string) => {
    onTake(key);
    setAt(-1);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(offers.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(-1, at - 1));
    else if (event.key === 'Enter') {
      const offer = offers[at];
      if (shown && offer) take(offer.key);
      else onEnter?.(value);
    } else if (event.key === 'Tab' && shown && offers[at]) take(offers[at]!.key);
    else if (event.key === 'Escape' && open && !always) setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useEffect(() => {
    if (at >= 0) document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <div class={`combo ${always ? 'always' : ''}`}>
      <input
        ref={input} type="text" id={id} role="combobox" aria-label={label} aria-expanded={shown} aria-controls={list} aria-autocomplete="list"
        aria-activedescendant={shown && at >= 0 ? `${list}-${at}` : undefined} placeholder={placeholder} value={value} spellcheck={false}
        autocomplete="off" onInput={event => { setOpen(true); onInput(event.currentTarget.value); }} onKeyDown={onKeyDown}
        onFocus={() => setOpen(true)} onBlur={() => setTimeout(() => setOpen(false), 120)}
      />
      <ul id={list} role="listbox" aria-label={label} hidden={!shown}>
        {shown && offers.map((offer, i) => (
          <li
            key={offer.key} id={`${list}-${i}`} role="option" aria-selected={i === at} class={i === at ? 'on' : ''}
            onMouseDown={event => { event.preventDefault(); take(offer.key); }}
          ><span>{offer.title}</span><span class="dim">{offer.side}</span></li>
        ))}
      </ul>
    </div>
  );
}
