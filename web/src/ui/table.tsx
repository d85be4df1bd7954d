// SPDX-License-Identifier: Apache-2.0
// A table for ten rows or a hundred thousand: only those that can be seen exist. Arrow keys move, Enter opens.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count } from '../format';
import { holdRows, type Held } from '../held';
import { useHold } from '../hold';

export interface Column<R> {
  key: string; title: string; tip?: string;
  width: number; /* px, at least */
  grow?: number; /* share of what is left */
  end?: boolean; /* numbers */
  mono?: boolean;
  value?: (row: R) => string | number | null | undefined; /* what it is sorted by; without, it is not */
  cell?: (row: R) => ComponentChildren;
  text?: (row: R) => string | undefined; /* shown as tool tip where the cell is cut */
}
interface Props<R> {
  label: string; columns: Column<R>[]; rows: R[]; rowKey: (row: R) => string;
  sort?: string; /* "-lost": by lost, the largest first */
  onSort?: (sort: string) => void;
  onOpen?: (row: R) => void; onMove?: (row: R) => void;
  selected?: string; rowClass?: (row: R) => string;
  onEnd?: () => void; /* the last row is near */
  fill?: boolean; /* takes the height that is left, instead of that of its rows */
  most?: number; /* rows shown without scrolling */
  none?: ComponentChildren;
}
export const ROW = 26, HEAD = 28;

const compare = (a: unknown, b: unknown): number => {
  if (a === b) return 0;
  if (a === null || a === undefined || a === '') return 1;
  if (b === null || b === undefined || b === '') return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
};
export function sorted<R>(rows: R[], columns: Column<R>[], sort: string | undefined): R[] {
  const column = sort && columns.find(one => one.key === sort.replace(/^-/, ''));
  if (!column || !column.value) return rows;
  const value = column.value, down = sort!.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = value(a), y = value(b);
    const gone = (v: unknown) => v === null || v === undefined || v === '';
    return gone(x) || gone(y) ? compare(x, y) : down * compare(x, y);
  });
}

let ids = 0;

export function Table<R>(props: Props<R>) {
  const { columns, rowKey, onOpen, onMove, onEnd, fill, most = 12 } = props;
  const [ownSort, setOwnSort] = useState(props.sort ?? '');
  const sort = props.onSort ? props.sort ?? '' : ownSort;
  const ordered = useMemo(() => sorted(props.rows, columns, sort), [props.rows, columns, sort]);
  const hold = useHold(), held = useRef<Held<R> | null>(null);
  const { rows, waiting } = useMemo(() => {
    if (!hold) held.current = null;
    else if (held.current?.sort !== sort) held.current = { sort, rows: ordered, keys: new Set(ordered.map(rowKey)) };
    else return { waiting: holdRows(held.current, ordered, rowKey), rows: held.current.rows };
    return { rows: ordered, waiting: 0 };
  }, [ordered, hold]);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [active, setActive] = useState<string | null>(null);
  const id = useMemo(() => `t${++ids}`, []);

  useLayoutEffect(() => {
    const element = box.current!;
    const look = () => setView(old => {
      const top = element.scrollTop, height = element.clientHeight;
      return old.top === top && old.height === height ? old : { top, height };
    });
    look();
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  const first = Math.max(0, Math.floor(view.top / ROW) - 8);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + 8);
  useEffect(() => {
    if (onEnd && last >= rows.length - 20) onEnd();
  }, [last, rows.length, onEnd]);

  const template = columns.map(column => (column.grow ? `minmax(${column.width}px, ${column.grow}fr)` : `${column.width}px`)).join(' ');
  const least = columns.reduce((sum, column) => sum + column.width, 0) + 16;
  const at = active === null ? -1 : rows.findIndex(row => rowKey(row) === active);

  const move = (to: number) => {
    to = Math.max(0, Math.min(rows.length - 1, to));
    const row = rows[to], element = box.current;
    if (!row || !element) return;
    setActive(rowKey(row));
    onMove?.(row);
    const top = to * ROW, room = element.clientHeight - HEAD;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + room) element.scrollTop = top + ROW - room;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).tagName === 'BUTTON' || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((view.height - HEAD) / ROW) - 1);
    const steps: Record<string, number> = {
      ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), PageDown: at + page, PageUp: Math.max(0, at - page), Home: 0, End: rows.length - 1,
      j: at + 1, k: Math.max(0, at - 1),
    };
    const to = steps[event.key];
    if (to !== undefined) move(to);
    else if (event.key === 'Enter' && at >= 0 && (event.target as HTMLElement).tagName !== 'A') onOpen?.(rows[at]!);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const turn = (column: Column<R>) => {
    const next = sort === column.key ? `-${column.key}` : sort === `-${column.key}` ? column.key : column.end ? `-${column.key}` : column.key;
    if (props.onSort) props.onSort(next);
    else setOwnSort(next);
  };

  return (
    <div
      ref={box} class={`grid ${fill ? 'fill' : ''} ${onOpen ? 'opens' : ''}`} role="grid" tabIndex={0} aria-label={props.label}
      aria-rowcount={rows.length + 1} aria-colcount={columns.length} aria-activedescendant={at >= first && at < last ? `${id}-${at}` : undefined}
      onKeyDown={onKeyDown}
      style={{ '--cols': template, height: fill ? undefined : `${HEAD + Math.max(1, Math.min(most, rows.length)) * ROW + 1}px` }}
    >
      <div class="grid-head" role="row" aria-rowindex={1} style={{ minWidth: `${least}px` }}>
        {columns.map(column => {
          const order = sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : undefined;
          return (
            <div key={column.key} role="columnheader" aria-sort={order} class={column.end ? 'end' : ''} title={column.tip}>
              {column.value ? <button type="button" onClick={() => turn(column)}>{column.title}<span aria-hidden="true">{order === 'ascending' ? ' ↑' : order ? ' ↓' : ''}</span></button> : column.title || <span class="hidden">{column.key}</span>}
            </div>
          );
        })}
      </div>
      <div class="grid-body" role="rowgroup" style={{ height: `${rows.length * ROW}px`, minWidth: `${least}px` }}>
        {rows.slice(first, last).map((row, i) => {
          const key = rowKey(row), n = first + i;
          return (
            <div
              key={key} id={`${id}-${n}`} role="row" aria-rowindex={n + 2} aria-selected={key === props.selected || n === at}
              class={`grid-row ${n === at ? 'active' : ''} ${key === props.selected ? 'selected' : ''} ${props.rowClass?.(row) ?? ''}`}
              style={{ transform: `translateY(${n * ROW}px)` }}
              onClick={event => {
                if ((event.target as HTMLElement).closest('a,button') || String(getSelection()) !== '') return;
                setActive(key);
                onMove?.(row);
                onOpen?.(row);
              }}
            >
              {columns.map(column => {
                const text = column.text?.(row);
                return (
                  <div key={column.key} role="gridcell" class={`${column.end ? 'end' : ''} ${column.mono ? 'mono' : ''}`} title={text}>
                    {column.cell ? column.cell(row) : column.value?.(row) ?? ''}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
      {waiting > 0 && <div class="news" role="status"><span title="They come in when the pointer leaves the rows">{count(waiting)} new</span></div>}
      {rows.length === 0 && <p class="nothing">{props.none ?? 'Nothing here.'}</p>}
    </div>
  );
}
