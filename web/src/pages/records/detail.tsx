// SPDX-License-Identifier: Apache-2.0
// One record, attribute by attribute; each value leads to the others that have it.
import type { Field, SnRecord } from '../../api';
import { inUnit } from '../../format';
import { exactTime, stamp } from '../../time';
import { link } from '../../url';
import { ICONS, Icon } from '../../ui/bits';

export function RecordDetail({ record, title, fields, onClose }: { record: SnRecord; title?: string; fields?: Field[]; onClose: () => void }) {
  const field = (name: string) => fields?.find(one => one.name === name);
  const to = (name: string, value: string): string | null => {
    switch (name) {
      case 'id': case 'time': case 'type': return null;
      case 'ue': return link('ue', { ue: value, at: record.id });
      case 'node': return link('node', { name: value });
      case 'gnb': return link('records', { type: record.type, gnb: value });
      default: return link('records', { type: record.type, where: `${name}:${value}` });
    }
  };
  return (
    <aside class="detail" aria-label="Record">
      <header class="panel-head"><h2>{title ?? record.type}</h2><button type="button" class="ghost" aria-label="Close" onClick={onClose}><Icon path={ICONS.close} size={12} /></button></header>
      <dl>
        {Object.entries(record).filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => {
          const shown = name === 'time' ? stamp(exactTime(String(value)), 6) : typeof value === 'number' && field(name)?.unit ? inUnit(value, field(name)!.unit) : String(value);
          const href = to(name, String(value));
          return <div key={name}><dt title={field(name)?.doc}>{name}</dt><dd title={String(value)}>{href ? <a href={href}>{shown}</a> : shown}</dd></div>;
        })}
      </dl>
    </aside>
  );
}
