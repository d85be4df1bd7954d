// SPDX-License-Identifier: Apache-2.0
// Ctrl-K: anywhere by its name. And what the keys do.
import { useState } from 'preact/hooks';
import { api } from './api';
import type { Page } from './page';
import { Combo, type Offer } from './ui/combo';
import { Dialog } from './ui/bits';
import { useAsk, useDelayed } from './use';
import { go, link } from './url';

export function Palette({ pages, onClose }: { pages: Page[]; onClose: () => void }) {
  const [text, setText] = useState('');
  const typed = text.trim().toLowerCase();
  const late = useDelayed(text.trim(), 150);
  const found = useAsk(late ? `palette ${late}` : null, async signal => {
    const [nodes, metrics] = await Promise.all([
      api.nodes({ text: late, limit: 8 }, signal).then(answer => answer.nodes, () => []),
      api.metrics(signal).catch(() => []),
    ]);
    return { nodes, metrics: metrics.filter(one => one.name.includes(late.toLowerCase())).slice(0, 6) };
  });
  const offers: Offer[] = pages.filter(page => page.order && page.title.toLowerCase().includes(typed)).map(page => ({ key: link(page.name), title: page.title, side: 'page' }));
  if (typed) {
    for (const node of found.data?.nodes ?? []) offers.push({ key: link('node', { name: node.name }), title: node.name, side: `node, ${node.state}` });
    for (const metric of found.data?.metrics ?? []) offers.push({ key: link('metrics', { name: metric.name }), title: metric.name, side: 'metric' });
    if (/^(ue-|imsi-|suci-)/.test(typed) || /^[0-9a-f]{6,}$/.test(typed))
      offers.unshift({ key: link('ue', { ue: /^[0-9a-f]+$/.test(typed) ? `ue-${typed}` : text.trim() }), title: `Story of ${text.trim()}`, side: 'UE' });
  }
  return (
    <Dialog title="Go to" onClose={onClose} class="palette">
      <Combo
        label="Page, node, UE or metric" placeholder="Page, node, UE or metric" value={text} onInput={setText} offers={offers} open focus
        onTake={key => { location.hash = key; onClose(); }} onEnter={value => { if (value.trim()) { go('nodes', { text: value.trim() }); onClose(); } }}
      />
    </Dialog>
  );
}

export function Keys({ pages, onClose }: { pages: Page[]; onClose: () => void }) {
  const rows: [string, string][] = [
    ['Ctrl K', 'go to a page, a node, a UE or a metric'], ['/', 'filter'], ['r', 'time range'], ['[  ]', 'earlier, later'],
    ['↑ ↓  j k', 'move in a table or in a story'], ['Enter', 'open the row'], ['Esc', 'close'], ['t', 'dark, light, as the system'], ['?', 'this list'],
  ];
  return (
    <Dialog title="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <dl class="keys">
        {pages.filter(page => page.key).map(page => <div key={page.name}><dt><kbd>g</kbd> <kbd>{page.key}</kbd></dt><dd>{page.title}</dd></div>)}
        {rows.map(([key, what]) => <div key={key}><dt>{key.split(/ +/).map(one => <kbd key={one}>{one}</kbd>)}</dt><dd>{what}</dd></div>)}
      </dl>
      <form method="dialog"><button class="primary" autofocus>Close</button></form>
    </Dialog>
  );
}
