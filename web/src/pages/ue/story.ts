// SPDX-License-Identifier: Apache-2.0
// From a UE's records to the rows, lifelines and brackets of its sequence diagram. Knows nothing of the screen.
import type { SnRecord } from '../../api';
import { exactTime } from '../../time';

export interface Step {
  kind: 'signal' | 'outcome' | 'gap';
  key: string; time: number; /* ms */
  after: number | null; /* ms since the message before */
  record?: SnRecord;
  from?: number; to?: number; /* lifelines */
  label: string; cause: string;
  tone: 'ngap' | 'mm' | 'sm' | 'other' | 'good' | 'bad' | 'warn';
  dashed: boolean;
}
export interface Bracket { first: number; last: number; column: number; tone: Step['tone']; open: boolean; key: string }
export interface Lane { name: string; kind: string; seen: boolean }
export interface Story { lanes: Lane[]; steps: Step[]; brackets: Bracket[]; columns: number }

const GAP = 1000, GNBS = 4, COLUMNS = 7;
/** Between whom a protocol is spoken, the side of the UE first. */
const ENDS: Record<string, [string, string]> = {
  NGAP: ['gNB', 'AMF'], '5GMM': ['UE', 'AMF'], '5GSM': ['UE', 'SMF'], PFCP: ['SMF', 'UPF'], 'GTP-U': ['gNB', 'UPF'], RRC: ['UE', 'gNB'], XnAP: ['gNB', 'gNB'],
};
const TONES: Record<string, Step['tone']> = { NGAP: 'ngap', '5GMM': 'mm', '5GSM': 'sm' };
/** What says no by its name, should the record carry no cause. */
const REFUSAL = /reject|failure|unsuccessful/i;

const text = (record: SnRecord, name: string): string => {
  const value = record[name];
  return value === null || value === undefined || value === false ? '' : String(value);
};
export const causeOf = (record: SnRecord): string => [text(record, 'group'), text(record, 'cause')].filter(Boolean).join(' ');
export const isFailure = (record: SnRecord): boolean =>
  record.type.endsWith('.outcome')
    ? text(record, 'outcome') !== 'success'
    : REFUSAL.test(text(record, 'what')) || text(record, 'detail') === 'unsuccessfulOutcome';

/** By time; what was said before what came of it; else as stored. */
export function inOrder(records: SnRecord[]): SnRecord[] {
  const seen = new Set<string>();
  return records
    .filter(record => !seen.has(record.id) && seen.add(record.id))
    .map((record, i) => ({ record, i, time: exactTime(record.time), late: record.type.endsWith('.outcome') ? 1 : 0 }))
    .sort((a, b) => a.time - b.time || a.late - b.late || idOrder(a.record.id, b.record.id) || a.i - b.i)
    .map(one => one.record);
}
const idOrder = (a: string, b: string): number => (/^\d+$/.test(a) && /^\d+$/.test(b) ? a.length - b.length || (a < b ? -1 : a > b ? 1 : 0) : 0);

const PHASES: Record<string, string> = { initiatingMessage: '', successfulOutcome: ' response', unsuccessfulOutcome: ' failure' };

export function storyOf(records: SnRecord[], shown: (record: SnRecord) => boolean = () => true): Story {
  const ordered = inOrder(records).filter(shown);
  const gnbs = [...new Set(ordered.map(record => text(record, 'gnb')).filter(Boolean))];
  const apart = gnbs.length > 1 && gnbs.length <= GNBS;
  const lanes: Lane[] = [
    { name: 'UE', kind: 'UE', seen: false },
    ...(apart ? gnbs.map(name => ({ name, kind: 'gNB', seen: true })) : [{ name: gnbs.length === 1 ? gnbs[0]! : 'gNB', kind: 'gNB', seen: gnbs.length > 0 }]),
    ...['AMF', 'SMF', 'UPF'].map(kind => ({ name: kind, kind, seen: false })),
  ];
  const amfs = [...new Set(ordered.map(record => text(record, 'amf')).filter(Boolean))];
  if (amfs.length === 1) lanes.find(lane => lane.kind === 'AMF')!.name = amfs[0]!;
  const laneOf = (kind: string, gnb: string): number => {
    const own = kind === 'gNB' && apart ? lanes.findIndex(lane => lane.kind === 'gNB' && lane.name === gnb) : -1;
    return own >= 0 ? own : lanes.findIndex(lane => lane.kind === kind);
  };

  const steps: Step[] = [];
  let before: number | null = null, gnb = '';
  for (const record of ordered) {
    const time = exactTime(record.time), after = before === null ? null : time - before;
    if (after !== null && after >= GAP) steps.push({ kind: 'gap', key: `gap ${record.id}`, time, after, label: '', cause: '', tone: 'other', dashed: false });
    before = time;
    gnb = text(record, 'gnb') || gnb;
    const bad = isFailure(record), cause = causeOf(record);
    if (record.type.endsWith('.outcome')) {
      const outcome = text(record, 'outcome');
      steps.push({
        kind: 'outcome', key: record.id, time, after, record, label: text(record, 'procedure'), cause,
        tone: outcome === 'success' ? 'good' : outcome === 'failure' ? 'bad' : 'warn', dashed: record.inferred === true,
      });
      continue;
    }
    const protocol = text(record, 'protocol');
    const ends = ENDS[protocol] ?? ['gNB', 'AMF'];
    const up = text(record, 'direction').startsWith('up');
    const near = laneOf(ends[0], gnb), far = laneOf(ends[1], gnb);
    lanes[near]!.seen = lanes[far]!.seen = true;
    const detail = text(record, 'detail');
    steps.push({
      kind: 'signal', key: record.id, time, after, record, from: up ? near : far, to: up ? far : near,
      label: text(record, 'what') + (PHASES[detail] ?? '') + (record.in_container === true ? ' (in container)' : ''),
      cause, tone: bad ? 'bad' : TONES[protocol] ?? 'other', dashed: record.inferred === true,
    });
  }
  return { lanes, steps, ...bracketsOf(steps) };
}

/** Each outcome spans the rows from its begin to itself; the short ones stand next to the lifelines. */
export function bracketsOf(steps: Step[]): { brackets: Bracket[]; columns: number } {
  const spans: Omit<Bracket, 'column'>[] = [];
  steps.forEach((step, last) => {
    const duration = step.record?.duration_ms;
    if (step.kind !== 'outcome' || typeof duration !== 'number') return;
    const begin = step.time - duration - 0.01;
    let first = last;
    for (let i = last - 1; i >= 0 && steps[i]!.time >= begin; i--) if (steps[i]!.kind === 'signal') first = i;
    spans.push({ first, last, tone: step.tone, open: first === 0 && steps[0]!.time > begin + 1, key: step.key });
  });
  const taken: [number, number][][] = [];
  const brackets = [...spans].sort((a, b) => a.last - a.first - (b.last - b.first)).map(span => {
    let column = 0;
    while (column < COLUMNS - 1 && taken[column]?.some(([first, last]) => span.first <= last && first <= span.last)) column++;
    (taken[column] ??= []).push([span.first, span.last]);
    return { ...span, column };
  });
  return { brackets, columns: taken.length };
}
