// SPDX-License-Identifier: Apache-2.0
// The sequence diagram, as SVG. Only the rows that can be seen are drawn, so that a story may be as long as it likes.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ms } from '../../format';
import { clock, day } from '../../time';
import type { Step, Story } from './story';

const ROW = 27, HEAD = 40, BRACKET = 11;

export const sentence = (step: Step, story: Story): string =>
  step.kind === 'gap' ? `${ms(step.after)} later`
    : step.kind === 'outcome' ? `${step.label}: ${step.record?.outcome}${step.cause ? `, ${step.cause}` : ''}${typeof step.record?.duration_ms === 'number' ? `, after ${ms(step.record.duration_ms)}` : ''}`
      : `${step.record?.protocol}: ${step.label}, ${story.lanes[step.from!]!.name} to ${story.lanes[step.to!]!.name}${step.cause ? `, ${step.cause}` : ''}`;

const short = (text: string, room: number): string => (text.length * 6.6 > room ? `${text.slice(0, Math.max(4, Math.floor(room / 6.6) - 1))}…` : text);

export function Diagram({ story, selected, onSelect, follow }: {
  story: Story; selected: string | null; onSelect: (key: string) => void; follow: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 1000 });
  const { steps, lanes, brackets, columns } = story;
  const at = selected === null ? -1 : steps.findIndex(step => step.key === selected);
  const height = steps.length * ROW + 12;
  const compact = view.width < 1000;
  const LEFT = compact ? 98 : 168, NOTE = compact ? 236 : 250; /* mark, name (170), duration */
  const right = 14 + columns * BRACKET + NOTE;
  const width = Math.max(view.width, LEFT + right + lanes.length * (compact ? 72 : 104));
  // A lifeline of which nothing was seen takes half the room.
  const weight = lanes.map(lane => (lane.seen || lane.kind === 'UE' ? 1 : 0.5));
  const room = width - LEFT - right, all = weight.reduce((a, b) => a + b, 0);
  const xs: number[] = [], boxes: number[] = [];
  let x = LEFT;
  for (const one of weight) {
    const own = (room * one) / all;
    xs.push(x + own / 2);
    boxes.push(Math.min(132, own - 8));
    x += own;
  }
  const edge = LEFT + room;
  const bracketX = (column: number) => edge + 8 + column * BRACKET;
  const noteX = edge + 14 + columns * BRACKET;

  useLayoutEffect(() => {
    const element = box.current!;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    look();
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  const show = (row: number) => {
    const element = box.current!;
    const top = row * ROW, space = element.clientHeight - HEAD;
    if (top < element.scrollTop + ROW) element.scrollTop = Math.max(0, top - ROW);
    else if (top + 2 * ROW > element.scrollTop + space) element.scrollTop = top + 2 * ROW - space;
  };
  const scrolled = useRef(false);
  useEffect(() => {
    if (at >= 0) {
      scrolled.current = true;
      show(at);
    }
  }, [selected, steps.length > 0]);
  useEffect(() => {
    const element = box.current!;
    if (follow && (!scrolled.current || element.scrollHeight - element.scrollTop - element.clientHeight < 6 * ROW) && selected === null)
      element.scrollTop = element.scrollHeight;
  }, [steps.length, follow]);

  const move = (to: number, by: number) => {
    to = Math.max(0, Math.min(steps.length - 1, to));
    while (steps[to]?.kind === 'gap' && to + by >= 0 && to + by < steps.length) to += by;
    if (steps[to]) onSelect(steps[to]!.key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((view.height - HEAD) / ROW) - 2);
    switch (event.key) {
      case 'ArrowDown': case 'j': move(at + 1, 1); break;
      case 'ArrowUp': case 'k': move(at < 0 ? steps.length - 1 : at - 1, -1); break;
      case 'PageDown': move(at + page, 1); break;
      case 'PageUp': move(at - page, -1); break;
      case 'Home': move(0, 1); break;
      case 'End': move(steps.length - 1, -1); break;
      case 'f': move(steps.findIndex((step, i) => i > at && step.tone === 'bad'), 1); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const first = Math.max(0, Math.floor(view.top / ROW) - 4), last = Math.min(steps.length, Math.ceil((view.top + view.height) / ROW) + 4);
  const y = (row: number) => row * ROW;
  const begin = steps.find(step => step.kind !== 'gap')?.time ?? 0;
  return (
    <div class="diagram" ref={box} tabIndex={0} role="group" aria-label={`Sequence diagram of ${steps.length} rows. Arrow keys move, f goes to the next failure. The same as a table: choose Table above.`} onKeyDown={onKeyDown}>
      <svg class="diagram-head" width={width} height={HEAD} aria-hidden="true">
        <text x="8" y="24" class="d-time">{begin ? day(begin) : ''}</text>
        {lanes.map((lane, i) => (
          <g key={lane.name + i} class={lane.seen ? '' : 'unseen'}>
            <title>{lane.seen ? lane.name : `${lane.name}: no message of it was observed`}</title>
            <rect x={xs[i]! - boxes[i]! / 2} y="7" width={boxes[i]} height="25" rx="4" class="d-lane" />
            <text x={xs[i]} y={lane.name === lane.kind ? 23 : 18} class="d-lane-name">{lane.kind}</text>
            {lane.name !== lane.kind && <text x={xs[i]} y="28" class="d-lane-sub">{lane.name.length * 5.6 > boxes[i]! ? `…${lane.name.slice(-Math.floor(boxes[i]! / 5.6) + 1)}` : lane.name}</text>}
          </g>
        ))}
        <text x={noteX} y="24" class="d-time">procedures and chains</text>
      </svg>
      <svg class="diagram-body" width={width} height={height} role="img" aria-label={`${steps.length} rows between ${lanes.filter(lane => lane.seen).map(lane => lane.name).join(', ')}`}>
        <defs>
          {['ngap', 'mm', 'sm', 'other', 'bad'].map(tone => (
            <marker key={tone} id={`arrow-${tone}`} viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0.8L8 4 0 7.2z" class={`d-head ${tone}`} /></marker>
          ))}
        </defs>
        {lanes.map((lane, i) => <line key={i} x1={xs[i]} x2={xs[i]} y1="0" y2={height} class={`d-life ${lane.seen ? '' : 'unseen'}`} />)}
        {at >= first && at < last && <rect x="0" y={y(at)} width={width} height={ROW} class="d-selected" />}
        {brackets.filter(one => one.last >= first && one.first < last).map(one => {
          const bx = bracketX(one.column), top = y(one.first) + ROW * 0.7, bottom = y(one.last) + ROW * 0.66;
          return <path key={one.key} class={`d-bracket ${one.tone}`} d={`M${bx - 4} ${top}${one.open ? `M${bx} ${top}` : `H${bx}`}V${bottom}H${noteX - 4}`} />;
        })}
        {steps.slice(first, last).map((step, i) => {
          const row = first + i, top = y(row);
          if (step.kind === 'gap')
            return (
              <g key={step.key} class="d-gap">
                <line x1={LEFT} x2={edge} y1={top + ROW / 2} y2={top + ROW / 2} />
                <text x={(LEFT + edge) / 2} y={top + ROW / 2 + 4}>{ms(step.after)} later</text>
              </g>
            );
          const fresh = step.after === null || step.after > 0;
          return (
            <g key={step.key} class="d-row" onClick={() => onSelect(step.key)}>
              <rect x="0" y={top} width={width} height={ROW} class="d-hit" />
              {step.kind === 'outcome' && step.tone !== 'good' && <rect x={LEFT} y={top + 2} width={room} height={ROW - 4} rx="3" class={`d-band ${step.tone}`} />}
              {fresh && <text x="8" y={top + 18} class="d-time">{clock(step.time, 3)}</text>}
              {fresh && step.after !== null && !compact && <text x={LEFT - 14} y={top + 18} class="d-after">+{ms(step.after)}</text>}
              {step.kind === 'outcome' ? (
                <>
                  <text x={noteX} y={top + 18} class={`d-note ${step.tone}`}>
                    <title>{sentence(step, story)}</title>
                    {step.tone === 'good' ? '✓' : step.tone === 'bad' ? '✗' : '?'} <tspan class="d-note-name">{short(step.label, 170)}</tspan>
                    {' '}{typeof step.record?.duration_ms === 'number' ? ms(step.record.duration_ms) : ''}
                  </text>
                  {step.tone !== 'good' && <text x={(LEFT + edge) / 2} y={top + 18} class={`d-mark ${step.tone}`}>{short(`${step.record?.outcome}${step.cause ? `: ${step.cause}` : ''}`, room - 20)}</text>}
                </>
              ) : (
                <>
                  <line x1={xs[step.from!]} x2={xs[step.to!]! + (xs[step.from!]! < xs[step.to!]! ? -1 : 1)} y1={top + 20} y2={top + 20} class={`d-arrow ${step.tone} ${step.dashed ? 'dashed' : ''}`} marker-end={`url(#arrow-${step.tone})`} />
                  <text x={(xs[step.from!]! + xs[step.to!]!) / 2} y={top + 14} class={`d-label ${step.tone}`}>
                    {step.label}{step.cause ? <tspan class={step.tone === 'bad' ? 'd-cause' : 'd-sub'}> {step.cause}</tspan> : null}
                  </text>
                </>
              )}
            </g>
          );
        })}
      </svg>
      <p class="hidden" aria-live="polite">{at >= 0 ? `${clock(steps[at]!.time, 3)} ${sentence(steps[at]!, story)}` : ''}</p>
    </div>
  );
}
