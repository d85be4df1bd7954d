// SPDX-License-Identifier: Apache-2.0
// Any record type by its schema: filter, look, tail, take away.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, type Field, type RecordType, type SnRecord } from '../../api';
import { count, inUnit } from '../../format';
import { useLive } from '../../live';
import type { Page } from '../../page';
import { exactTime, isLive, rangeOf, shortStamp } from '../../time';
import { kept, keep, useAsk } from '../../use';
import { link, set, usePlace } from '../../url';
import { ICONS, Icon, Panel, Standing, State, tone } from '../../ui/bits';
import { filterOf, Filters, narrow, passes } from '../../ui/filters';
import { Table, type Column } from '../../ui/table';
import { RecordDetail } from './detail';

const PAGE = 200, TAIL = 1000;
const NARROW = new Set(['direction', 'protocol', 'outcome', 'group', 'chain', 'inferred', 'in_container', 'snssai', 'tac', 'plmn']);

function columnOf(field: Field): Column<SnRecord> {
  const number = field.type === 'integer' || field.type === 'number';
  return {
    key: field.name, title: field.name, tip: [field.doc, field.unit && field.unit !== '1' ? `(${field.unit})` : '', field.subscriber ? 'Identifies a subscriber.' : ''].filter(Boolean).join(' '),
    width: number ? 90 : field.subscriber ? 165 : field.type === 'boolean' ? 76 : NARROW.has(field.name) ? 96 : 130,
    grow: number || field.type === 'boolean' || NARROW.has(field.name) ? undefined : 1, end: number, mono: field.subscriber,
    value: row => row[field.name] as string | number | null, text: row => String(row[field.name] ?? ''),
    cell: row => {
      const value = row[field.name];
      if (value === undefined || value === null || value === '') return <span class="faint">–</span>;
      if (field.name === 'ue') return <a href={link('ue', { ue: String(value), at: row.id })}>{value as string}</a>;
      if (number) return inUnit(Number(value), field.unit);
      if (field.type === 'time') return shortStamp(exactTime(String(value)), 3);
      if (field.type === 'boolean') return value ? 'yes' : <span class="dim">no</span>;
      if (tone(String(value)) !== 'dim') return <State of={String(value)} />;
      return String(value);
    },
  };
}

function Facet({ type, field }: { type: string; field: string }) {
  const { params } = usePlace();
  const filter = filterOf(params, type);
  const answer = useAsk(`facet ${field} ${JSON.stringify(filter)}`, signal => api.counts(filter, field, undefined, 50, signal), 0, false);
  const rows = [...(answer.data ?? [])].sort((a, b) => b.count - a.count);
  const most = rows[0]?.count ?? 1;
  return (
    <Panel title={`Values of ${field}`} class="facet" side={<button type="button" class="ghost" aria-label="Close" onClick={() => set({ facet: null }, false)}><Icon path={ICONS.close} size={12} /></button>}>
      <Standing answer={answer} empty={rows.length === 0}>
        <ul class="facets">
          {rows.map(row => (
            <li key={row.value}><button type="button" onClick={() => narrow(params, field, row.value)} title={`Only ${field} ${row.value}`}>
              <span>{row.value || <i>none</i>}</span><span class="dim">{count(row.count)}</span><i class="facet-bar" style={{ width: `${(row.count / most) * 100}%` }} />
            </button></li>
          ))}
        </ul>
      </Standing>
    </Panel>
  );
}

function Explorer({ types }: { types: RecordType[] }) {
  const { params } = usePlace();
  const type = params.get('type') ?? types.find(one => one.name === 'n2.outcome')?.name ?? types[0]?.name ?? '';
  const schema = types.find(one => one.name === type);
  const range = rangeOf(params), live = isLive(range);
  const filter = filterOf(params, type);
  const tail = params.get('tail') === '1' && live;
  const key = JSON.stringify(filter);
  const [rows, setRows] = useState<SnRecord[]>([]);
  const [lost, setLost] = useState(0);
  const next = useRef<string | null>(null);
  const more = useRef<AbortController | null>(null);
  const [chooser, setChooser] = useState(false);
  const [off, setOff] = useState<string[]>(() => (kept(`columns.${type}`) ?? '').split(',').filter(Boolean));
  useEffect(() => setOff((kept(`columns.${type}`) ?? '').split(',').filter(Boolean)), [type]);

  const answer = useAsk(`records ${key}`, async signal => {
    more.current?.abort();
    more.current = null;
    const page = await api.records(filter, { limit: PAGE, order: 'newest' }, signal);
    next.current = page.next;
    setRows(page.records);
    setLost(0);
    return page.records.length;
  }, 0, false);
  useEffect(() => () => more.current?.abort(), []);
  const onEnd = useCallback(() => {
    if (!next.current || more.current) return;
    const abort = more.current = new AbortController();
    api.records(filter, { limit: PAGE, cursor: next.current, order: 'newest' }, abort.signal).then(page => {
      next.current = page.next;
      setRows(old => [...old, ...page.records]);
    }, () => {}).finally(() => {
      if (more.current === abort) more.current = null;
    });
  }, [key]);
  useLive(tail && type ? [type] : [], (records, gone) => {
    const own = records.filter(record => passes(filter, record)).reverse();
    if (gone) setLost(n => n + gone);
    if (own.length) {
      setRows(old => {
        const known = new Set(old.slice(0, 200).map(row => row.id));
        const all = [...own.filter(row => !known.has(row.id)), ...old];
        if (all.length <= TAIL) return all;
        // What falls out at the end can be asked for no more: the page's place is further up now.
        next.current = null;
        return all.slice(0, TAIL);
      });
    }
  });

  const fields = schema?.fields ?? [];
  const columns = useMemo(() => ([
    { key: 'time', title: 'time', width: 128, mono: true, value: row => row.time, cell: row => shortStamp(exactTime(row.time), 3), text: row => row.time },
    { key: 'node', title: 'node', width: 120, grow: 1, value: row => row.node, text: row => row.node, cell: row => <a href={link('node', { name: row.node })}>{row.node}</a> },
    ...fields.filter(field => field.name !== 'time' && field.name !== 'node').map(columnOf),
  ] as Column<SnRecord>[]).filter(column => !off.includes(column.key)), [fields, off]);
  const at = params.get('at');
  // It is looked at for longer than a busy tail keeps it.
  const opened = useRef<SnRecord | undefined>(undefined);
  const chosen = opened.current = rows.find(row => row.id === at) ?? (opened.current?.id === at ? opened.current : undefined);
  const open = (row: SnRecord) => {
    opened.current = row;
    set({ at: row.id }, false);
  };
  const facet = params.get('facet');
  const names = ['node', ...fields.map(field => field.name).filter(name => name !== 'time')];
  const sort = params.get('sort') ?? '';
  return (
    <div class="page full">
      <div class="bar-row">
        <label class="select">Type <select value={type} title={schema?.doc} onChange={event => set({ type: event.currentTarget.value, where: null, at: null, facet: null, sort: null })}>
          {types.map(one => <option key={one.name} value={one.name}>{one.name}</option>)}
        </select></label>
        <Filters type={type} fields={names} />
      </div>
      <div class="bar-row">
        <span class="dim">{schema?.doc}</span>
        <span class="grow" />
        {lost > 0 && <span class="warn" role="status">{count(lost)} did not come through: too many at once. Filter, or look at the range again.</span>}
        <span class="dim" role="status">{count(rows.length)}{next.current ? '+' : ''} records</span>
        <button type="button" class={`ghost ${tail ? 'on' : ''}`} aria-pressed={tail} disabled={!live} title={live ? 'New records on top, as they come' : 'Only up to now: choose a range that moves'} onClick={() => set({ tail: tail ? null : '1' }, false)}>Live tail</button>
        <label class="select">Values of <select value={facet ?? ''} onChange={event => set({ facet: event.currentTarget.value || null }, false)}>
          <option value="">…</option>{names.map(name => <option key={name}>{name}</option>)}
        </select></label>
        <details class="menu" open={chooser} onToggle={event => setChooser(event.currentTarget.open)}>
          <summary class="ghost"><Icon path={ICONS.table} size={14} /> Columns</summary>
          <div class="popup checks">
            {['time', ...names].map(name => (
              <label key={name}><input type="checkbox" checked={!off.includes(name)} onChange={() => {
                const changed = off.includes(name) ? off.filter(one => one !== name) : [...off, name];
                setOff(changed);
                keep(`columns.${type}`, changed.join(',') || null);
              }} />{name}</label>
            ))}
          </div>
        </details>
        <a class="ghost" href={api.exportAddress(filter, 'csv')} download={`${type}.csv`}><Icon path={ICONS.down} size={14} /> CSV</a>
        <a class="ghost" href={api.exportAddress(filter, 'jsonl')} download={`${type}.jsonl`}><Icon path={ICONS.down} size={14} /> JSON lines</a>
      </div>
      <div class={`split ${chosen ? 'with-detail' : ''} ${facet ? 'with-facet' : ''}`}>
        {facet && <Facet type={type} field={facet} />}
        <div class="panel filling">
          <Standing answer={answer}>
            <Table label={`Records ${type}`} fill columns={columns} rows={rows} rowKey={row => row.id} selected={at ?? undefined} sort={sort} onSort={value => set({ sort: value }, false)}
              onOpen={row => (row.id === at ? set({ at: null }, false) : open(row))} onMove={row => at && row.id !== at && open(row)} onEnd={onEnd} none="No record in this time range with this filter."
              rowClass={row => (row.outcome === 'failure' || row.outcome === 'no response' ? 'failed' : '')} />
          </Standing>
        </div>
        {chosen && <RecordDetail record={chosen} fields={fields} onClose={() => set({ at: null }, false)} />}
      </div>
    </div>
  );
}

function Records() {
  const answer = useAsk('record types', api.recordTypes);
  return answer.data ? <Explorer types={answer.data} /> : <div class="page"><Standing answer={answer}>{null}</Standing></div>;
}

export const page: Page = { name: 'records', title: 'Records', key: 'r', order: 50, icon: 'M2 3.5h12M2 7h12M2 10.5h12M2 14h7', range: true, show: Records };
