// SPDX-License-Identifier: Apache-2.0
// What is pointed at stays where it is. While the pointer is over rows or cells, live tables keep their order and new rows wait, so
// that a click is for what was under the pointer. A key, another place and a new question end that until the pointer moves again.
import { useEffect, useState } from 'preact/hooks';

const AREAS = '.grid-body, .heat';
const listeners = new Set<() => void>();
let over = false, questions = 0, held = false;

function tell(): void {
  const now = over && questions === 0;
  if (now === held) return;
  held = now;
  listeners.forEach(listen => listen());
}
function point(event: Event): void {
  over = event.target instanceof Element && event.target.closest(AREAS) !== null;
  tell();
}
function release(): void {
  over = false;
  tell();
}
/** A question of the user's, not one that is only renewed: what was before it must not be held against its answer. */
export function asking(more: 1 | -1): void {
  questions += more;
  tell();
}

for (const type of ['pointermove', 'pointerdown']) addEventListener(type, point, { capture: true, passive: true });
addEventListener('pointerup', event => { if (event.pointerType !== 'mouse') setTimeout(release, 50); }, { capture: true, passive: true });
addEventListener('pointercancel', release);
document.documentElement.addEventListener('pointerleave', release);
addEventListener('keydown', release, { capture: true });
addEventListener('hashchange', release);
addEventListener('blur', release);

export function useHold(): boolean {
  const [, draw] = useState(0);
  useEffect(() => {
    const listen = () => draw(n => n + 1);
    listeners.add(listen);
    return () => void listeners.delete(listen);
  }, []);
  return held;
}
