// SPDX-License-Identifier: Apache-2.0
// How far a rollout is, and its document.
import type { Group } from '../../api';
import type { Line } from './text';

/** How many of the group's nodes have it, refuse it, and are to take it still. */
export function Progress({ of: { total, reached, applied, refused } }: { of: Group['nodes'] }) {
  const label = `${applied} of ${total} nodes have taken it${refused ? `, ${refused} refuse it` : ''}; it has reached ${reached}`;
  const wide = (n: number) => ({ width: `${total ? (n / total) * 100 : 0}%` });
  return (
    <span class="progress" role="img" aria-label={label} title={label}>
      <i class="taken" style={wide(applied)} /><i class="refused" style={wide(refused)} /><i class="underway" style={wide(Math.max(0, reached - applied - refused))} />
    </span>
  );
}

/** A document with its line numbers; the line that is refused stands out. */
export function Document({ lines, refused, why }: { lines: Line[]; refused?: number | null; why?: string | null }) {
  if (!lines.length) return <p class="nothing">Empty: the nodes’ own configuration stands alone.</p>;
  return (
    <pre class="document" tabIndex={0} aria-label="Document"><code>
      {lines.map((line, i) => {
        const wrong = refused !== null && refused !== undefined && line.number === refused;
        return (
          <span key={i} class={`${line.sign === '+' ? 'came' : line.sign === '-' ? 'went' : ''} ${wrong ? 'wrong' : ''}`} title={wrong ? why ?? undefined : undefined}>
            <i>{line.number ?? ''}</i><b aria-label={line.sign === '+' ? 'added' : line.sign === '-' ? 'removed' : undefined}>{line.sign}</b>{line.text}{'\n'}
          </span>
        );
      })}
    </code></pre>
  );
}
