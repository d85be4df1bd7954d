// SPDX-License-Identifier: Apache-2.0
// One stream of events for the whole console, whatever pages ask of it. Records are handed on in batches, at most twice a second,
// so that a busy network does not make a busy browser. While the page cannot be seen, the stream is closed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type NodeCounts, type SnRecord } from './api';

interface Watcher { types: string[]; take: (records: SnRecord[], lost: number) => void }
export type State = 'off' | 'connecting' | 'live' | 'broken';

const EVERY = 500, MOST = 2000, HIDDEN = 10000;
const watchers = new Set<Watcher>();
const listeners = new Set<() => void>();
let source: EventSource | null = null, asked = '', state: State = 'off', counts: NodeCounts | null = null;
let batch: SnRecord[] = [], lost = 0, flushTimer = 0, openTimer = 0, retryTimer = 0, hiddenTimer = 0, tries = 0, on = false;

const tell = () => listeners.forEach(listen => listen());
function be(next: State): void {
  if (next !== state) {
    state = next;
    tell();
  }
}

function flush(): void {
  flushTimer = 0;
  const records = batch, gone = lost;
  batch = [];
  lost = 0;
  for (const watcher of watchers) {
    const own = records.filter(record => watcher.types.includes(record.type));
    if (own.length || gone) watcher.take(own, gone);
  }
}
const later = () => { flushTimer ||= window.setTimeout(flush, EVERY); };

function close(): void {
  source?.close();
  source = null;
  clearTimeout(retryTimer);
}

function open(): void {
  openTimer = 0;
  const types = [...new Set([...watchers].flatMap(watcher => watcher.types))].sort();
  const wanted = on && !document.hidden ? api.liveAddress(types) : '';
  if (wanted === asked && (source || !wanted)) return;
  close();
  asked = wanted;
  if (!wanted) return be('off');
  be('connecting');
  const own = source = new EventSource(wanted, { withCredentials: true });
  own.onopen = () => {
    tries = 0;
    be('live');
  };
  own.onerror = () => {
    if (own !== source) return;
    be('broken');
    // The browser tries again by itself, except where the answer was an error.
    if (own.readyState === EventSource.CLOSED) {
      close();
      tries++;
      void api.me().catch(() => {}); /* signed out? then the page says so */
      retryTimer = window.setTimeout(() => { asked = ''; open(); }, Math.min(30000, 1000 * 2 ** tries));
    }
  };
  own.addEventListener('record', event => {
    if (batch.length >= MOST) {
      batch.shift();
      lost++;
    }
    try {
      batch.push(JSON.parse(event.data));
    } catch {
      lost++;
    }
    later();
  });
  own.addEventListener('nodes', event => {
    try {
      const next = JSON.parse(event.data) as NodeCounts;
      if (JSON.stringify(next) !== JSON.stringify(counts)) {
        counts = next;
        tell();
      }
    } catch { /* the next one comes in 2 s */ }
  });
  own.addEventListener('lost', event => {
    try {
      lost += Number(JSON.parse(event.data).count) || 1;
    } catch {
      lost++;
    }
    later();
  });
}
const openSoon = () => { openTimer ||= window.setTimeout(open, 20); };

document.addEventListener('visibilitychange', () => {
  clearTimeout(hiddenTimer);
  hiddenTimer = window.setTimeout(openSoon, document.hidden ? HIDDEN : 0);
});
addEventListener('pagehide', close);

export function switchLive(to: boolean): void {
  on = to;
  openSoon();
}

/** Hands every new record of these types to `take`, in batches; `lost` of them did not come through. */
export function useLive(types: string[], take: (records: SnRecord[], lost: number) => void): void {
  const latest = useRef(take);
  latest.current = take;
  const key = types.join(',');
  useEffect(() => {
    if (!key) return;
    const watcher: Watcher = { types: key.split(','), take: (records, gone) => latest.current(records, gone) };
    watchers.add(watcher);
    openSoon();
    return () => {
      watchers.delete(watcher);
      openSoon();
    };
  }, [key]);
}

export function useLiveState(): { state: State; nodes: NodeCounts | null } {
  const [, draw] = useState(0);
  useEffect(() => {
    const listen = () => draw(n => n + 1);
    listeners.add(listen);
    return () => void listeners.delete(listen);
  }, []);
  return { state, nodes: counts };
}
