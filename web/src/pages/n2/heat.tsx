// SPDX-License-Identifier: Apache-2.0
// gNB by cause: where what fails. A cell narrows the page to it.
import { useMemo, useRef } from 'preact/hooks';
import type { Count } from '../../api';
import { count } from '../../format';
import { useHold } from '../../hold';

const ROWS = 40, COLUMNS = 14;

export function HeatMap({ counts: newest, gnb, cause, onPick }: {
  counts: Count[]; gnb?: string; cause?: string; onPick: (gnb: string | null, cause: string | null) => void;
}) {
  const table = useRef<HTMLTableElement>(null), held = useRef(newest);
  if (!useHold()) held.current = newest;
  const counts = held.current;
  const { gnbs, causes, cells, most, moreGnbs, moreCauses } = useMemo(() => {
    const byGnb = new Map<string, number>(), byCause = new Map<string, number>(), cells = new Map<string, number>();
    for (const one of counts) {
      const by = one.by || 'no cause given';
      byGnb.set(one.value, (byGnb.get(one.value) ?? 0) + one.count);
      byCause.set(by, (byCause.get(by) ?? 0) + one.count);
      const key = `${one.value}\n${by}`;
      cells.set(key, (cells.get(key) ?? 0) + one.count);
    }
    const order = (sums: Map<string, number>) => [...sums].sort((a, b) => b[1] - a[1]);
    const gnbs = order(byGnb), causes = order(byCause);
    return {
      gnbs: gnbs.slice(0, ROWS), causes: causes.slice(0, COLUMNS), cells, most: Math.max(1, ...cells.values()),
      moreGnbs: gnbs.length - ROWS, moreCauses: causes.length - COLUMNS,
    };
  }, [counts]);
  if (!gnbs.length) return <p class="nothing">Nothing failed.</p>;
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number]> = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const step = steps[event.key], cell = (event.target as HTMLElement).closest('td');
    if (!step || !cell) return;
    event.preventDefault();
    const row = (cell.parentElement as HTMLTableRowElement).rowIndex + step[0];
    table.current?.rows[row]?.cells[cell.cellIndex + step[1]]?.querySelector('button')?.focus();
  };
  return (
    <div class="heat-box">
      <table class="heat" ref={table} onKeyDown={onKeyDown}>
        <caption class="hidden">Failures by gNB and cause</caption>
        <thead>
          <tr>
            <th scope="col" class="corner">gNB</th>
            {causes.map(([name, sum]) => <th scope="col" key={name} title={`${name}: ${sum}`}><button type="button" aria-pressed={cause === name} onClick={() => onPick(null, cause === name ? null : name)}><span>{name}</span></button></th>)}
            <th scope="col" class="sum">all</th>
          </tr>
        </thead>
        <tbody>
          {gnbs.map(([name, sum], r) => (
            <tr key={name}>
              <th scope="row" title={name}><button type="button" aria-pressed={gnb === name} onClick={() => onPick(gnb === name ? null : name, null)}>{name}</button></th>
              {causes.map(([by], c) => {
                const n = cells.get(`${name}\n${by}`) ?? 0;
                const on = gnb === name && cause === by;
                return (
                  <td key={by} class={on ? 'on' : ''}>
                    <button
                      type="button" tabIndex={r === 0 && c === 0 ? 0 : -1} class={n ? (Math.sqrt(n / most) > 0.8 ? 'full hot' : 'full') : ''} style={{ '--heat': n ? 0.12 + 0.88 * Math.sqrt(n / most) : 0 }}
                      aria-label={`${name}, ${by}: ${n}`} title={`${name}\n${by}: ${n}`} onClick={() => onPick(name, by)}
                    >{n ? count(n) : ''}</button>
                  </td>
                );
              })}
              <td class="sum">{count(sum)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {(moreGnbs > 0 || moreCauses > 0) && <p class="dim foot">{[moreGnbs > 0 && `${moreGnbs} gNBs`, moreCauses > 0 && `${moreCauses} causes`].filter(Boolean).join(' and ')} with fewer failures are not shown; filter to see them.</p>}
    </div>
  );
}
