// SPDX-License-Identifier: Apache-2.0
// Filters as they stand in the address: node, gnb, ue, and where=field:value as often as wanted.
import { useState } from 'preact/hooks';
import { api, type Filter } from '../api';
import { count } from '../format';
import { rangeOf } from '../time';
import { useAsk, useDelayed } from '../use';
import { set, usePlace, type Change } from '../url';
import { ICONS, Icon } from './bits';
import { Combo, type Offer } from './combo';

const OWN = ['node', 'gnb', 'ue'] as const;

export function filterOf(params: URLSearchParams, type?: string): Filter {
  const range = rangeOf(params);
  return {
    type, from: range.from, to: range.to || undefined, node: params.get('node') ?? undefined, gnb: params.get('gnb') ?? undefined,
    ue: params.get('ue') ?? undefined, where: params.getAll('where'),
  };
}
/** The same filter with one more condition; an old one on that field goes. */
export function narrowed(filter: Filter, field: string, value: string): Filter {
  if ((OWN as readonly string[]).includes(field)) return { ...filter, [field]: value };
  return { ...filter, where: [...(filter.where ?? []).filter(one => !one.startsWith(`${field}:`)), `${field}:${value}`] };
}
export const changeOf = (filter: Filter): Change => ({ node: filter.node, gnb: filter.gnb, ue: filter.ue, where: filter.where });
export const valueOf = (filter: Filter, field: string): string | undefined =>
  field === 'node' ? filter.node : field === 'gnb' ? filter.gnb : field === 'ue' ? filter.ue
    : filter.where?.find(one => one.startsWith(`${field}:`))?.slice(field.length + 1);
export function narrow(params: URLSearchParams, field: string, value: string | null): void {
  const filter = filterOf(params);
  if (value !== null) return set(changeOf(narrowed(filter, field, value)));
  if ((OWN as readonly string[]).includes(field)) return set({ [field]: null });
  set({ where: (filter.where ?? []).filter(one => !one.startsWith(`${field}:`)) });
}
/** Whether a record passes; the API does the same for what it is asked. */
export function passes(filter: Filter, record: Record<string, unknown>): boolean {
  return OWN.every(field => !filter[field] || record[field] === filter[field])
    && (filter.where ?? []).every(one => {
      const cut = one.indexOf(':');
      const value = record[one.slice(0, cut)];
      return value !== undefined && String(value) === one.slice(cut + 1);
    });
}

export function Filters({ type, fields, only }: { type: string; fields: string[]; only?: string[] }) {
  const { params } = usePlace();
  const filter = filterOf(params, type);
  const [text, setText] = useState('');
  const cut = text.indexOf(':');
  const field = cut > 0 ? text.slice(0, cut).trim() : '';
  const typed = (cut > 0 ? text.slice(cut + 1) : text).trim().toLowerCase();
  const late = useDelayed(field, 150);
  const known = useAsk(
    late && fields.includes(late) ? JSON.stringify([filter, late]) : null,
    signal => api.counts(filter, late, undefined, 200, signal), 0, false);
  const offers: Offer[] = field
    ? (known.data ?? []).filter(one => one.value.toLowerCase().includes(typed)).slice(0, 12).map(one => ({ key: `${field}:${one.value}`, title: one.value, side: count(one.count) }))
    : fields.filter(one => one.toLowerCase().includes(typed)).slice(0, 24).map(one => ({ key: `${one}:`, title: one }));
  const take = (key: string) => {
    if (key.endsWith(':') && !field) return setText(key);
    const at = key.indexOf(':');
    if (at > 0 && key.length > at + 1) {
      narrow(params, key.slice(0, at).trim(), key.slice(at + 1).trim());
      setText('');
    }
  };
  const chips: [field: string, value: string][] = [
    ...OWN.filter(one => filter[one]).map(one => [one, filter[one]!] as [string, string]),
    ...(filter.where ?? []).map(one => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)] as [string, string]),
  ].filter(([name]) => !only || only.includes(name));
  return (
    <div class="filters" role="group" aria-label="Filters">
      {chips.map(([name, value]) => (
        <span class="chip" key={`${name}:${value}`}>
          <span class="dim">{name}</span> {value}
          <button type="button" aria-label={`Remove the filter ${name} ${value}`} onClick={() => narrow(params, name, null)}><Icon path={ICONS.close} size={10} /></button>
        </span>
      ))}
      <Combo id="filter" label="Add a filter, field:value" placeholder={chips.length ? 'and …' : 'Filter: field:value'} value={text} onInput={setText} offers={offers} onTake={take} onEnter={take} />
      {chips.length > 1 && <button type="button" class="plain" onClick={() => set({ node: null, gnb: null, ue: null, where: null })}>Clear</button>}
    </div>
  );
}
