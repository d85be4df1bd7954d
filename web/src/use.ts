// SPDX-License-Identifier: Apache-2.0
// What pages share: asking and asking again, the clock, what is kept between visits.
import { useEffect, useRef, useState } from 'preact/hooks';
import { asking } from './hold';

export interface Answer<T> { data: T | undefined; error: Error | null; loading: boolean; again: () => void }

/**
 * Asks when `key` changes, and every `every` ms while the page can be seen. What was known stays until the new answer is there, if
 * the question is only renewed; `keep` tells whether also when it is another one.
 */
export function useAsk<T>(key: string | null, ask: (signal: AbortSignal) => Promise<T>, every = 0, keep = true): Answer<T> {
  const [state, setState] = useState<{ data?: T; error: Error | null; loading: boolean; key: string | null }>(
    { error: null, loading: key !== null, key });
  const [turn, setTurn] = useState(0);
  const asked = useRef(ask);
  asked.current = ask;

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let timer = 0, open = true;
    asking(1);
    const settle = () => {
      if (open) asking(-1);
      open = false;
    };
    setState(old => ({ ...old, data: keep || old.key === key ? old.data : undefined, loading: true, key }));
    const once = async () => {
      try {
        const data = await asked.current(abort.signal);
        if (!abort.signal.aborted) setState({ data, error: null, loading: false, key });
      } catch (error) {
        if (!abort.signal.aborted) setState(old => ({ ...old, error: error as Error, loading: false, key }));
      }
      settle();
      if (every && !abort.signal.aborted) timer = window.setTimeout(next, every);
    };
    const next = () => {
      if (document.hidden) document.addEventListener('visibilitychange', once, { once: true, signal: abort.signal });
      else void once();
    };
    void once();
    return () => {
      abort.abort();
      settle();
      clearTimeout(timer);
    };
  }, [key, every, turn]);
  return { data: state.data, error: state.error, loading: state.loading, again: () => setTurn(n => n + 1) };
}

/** The time now, renewed every `every` ms. */
export function useNow(every = 1000): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`sauron.${name}`);
  } catch {
    return null;
  }
}
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`sauron.${name}`);
    else localStorage.setItem(`sauron.${name}`, value);
  } catch { /* private mode: not kept */ }
}

export function useDelayed<T>(value: T, delay: number): T {
  const [late, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return late;
}
