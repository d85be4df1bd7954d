// SPDX-License-Identifier: Apache-2.0
// Dark, light, or what the system says. Charts are painted, so they are told when it changes.
import { useEffect, useState } from 'preact/hooks';
import { keep, kept } from './use';

export type Theme = 'system' | 'dark' | 'light';
const system = matchMedia('(prefers-color-scheme: light)');
const watchers = new Set<() => void>();
let chosen = (kept('theme') as Theme | null) ?? 'system';

function apply(): void {
  document.documentElement.dataset.theme = chosen === 'system' ? (system.matches ? 'light' : 'dark') : chosen;
  watchers.forEach(watch => watch());
}
system.addEventListener('change', apply);
apply();

export const theme = (): Theme => chosen;
export function setTheme(next: Theme): void {
  chosen = next;
  keep('theme', next === 'system' ? null : next);
  apply();
}
export const nextTheme = (): void => setTheme(chosen === 'system' ? 'dark' : chosen === 'dark' ? 'light' : 'system');

/** A number that changes whenever the colours do. */
export function useTheme(): number {
  const [turn, set] = useState(0);
  useEffect(() => {
    const watch = () => set(n => n + 1);
    watchers.add(watch);
    return () => void watchers.delete(watch);
  }, []);
  return turn;
}
export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
