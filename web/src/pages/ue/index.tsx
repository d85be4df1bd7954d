// SPDX-License-Identifier: Apache-2.0
// One UE's story, message by message; without a UE, which there are.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, type SnRecord } from '../../api';
import { ago, count, ms, percent } from '../../format';
import { useLive } from '../../live';
import { totals, type Whole } from '../../outcomes';
import type { Page } from '../../page';
import { clock, iso, rangeOf, stamp } from '../../time';
import { useAsk, useNow } from '../../use';
import { go, link, set, usePlace } from '../../url';
import { Choice, Fact, ICONS, Icon, Outcomes, Panel, Standing, State } from '../../ui/bits';
import { Filters, filterOf } from '../../ui/filters';
import { Table, type Column } from '../../ui/table';
import { RecordDetail } from '../records/detail';
import { Diagram, sentence } from './diagram';
import { isFailure, storyOf, type Step } from './story';

const PAGE = 500, MOST = 2000, TYPES = ['n2.signal', 'n2.outcome'];

function Choose() {
  const { params } = usePlace();
  const [text, setText] = useState('');
  const filter = filterOf(params, 'n2.outcome');
  const answer = useAsk(`ues ${JSON.stringify(filter)}`, signal => api.counts(filter, 'ue', 'outcome', 5000, signal).then(totals), filter.to ? 0 : 10000);
  const columns: Column<Whole>[] = [
    { key: 'value', title: 'UE', width: 190, grow: 2, mono: true, value: row => row.value, cell: row => <a href={link('ue', { ue: row.value })}>{row.value}</a> },
    { key: 'all', title: 'Ended', width: 80, end: true, value: row => row.all },
    { key: 'failure', title: 'Failures', width: 80, end: true, value: row => row.failure, cell: row => <span class={row.failure ? 'bad' : 'dim'}>{row.failure}</span> },
    { key: 'silent', title: 'No response', width: 96, end: true, value: row => row.silent, cell: row => <span class={row.silent ? 'warn' : 'dim'}>{row.silent}</span> },
    { key: 'ratio', title: 'Success', width: 80, end: true, value: row => row.success / row.all, cell: row => percent(row.success / row.all) },
    { key: 'bar', title: '', width: 120, grow: 1, cell: row => <Outcomes {...row} /> },
  ];
  return (
    <div class="page full">
      <div class="bar-row">
        <form class="inline" onSubmit={event => { event.preventDefault(); if (text.trim()) go('ue', { ue: text.trim() }); }}>
          <label for="ue">UE</label><input id="ue" class="mono" placeholder="ue-0123456789abcdef" value={text} onInput={event => setText(event.currentTarget.value)} /><button type="submit" class="primary">Story</button>
        </form>
        <Filters type="n2.outcome" fields={['procedure', 'outcome', 'cause', 'gnb', 'amf', 'snssai', 'node']} only={['node', 'gnb', 'procedure', 'outcome', 'cause', 'amf', 'snssai']} />
      </div>
      <Panel title="UEs seen" class="filling" side={<span class="dim">{count(answer.data?.length)} in this time range</span>}>
        <Standing answer={answer} empty={answer.data?.length === 0} none="No UE ended a procedure in this time range.">
          <Table label="UEs" fill columns={columns} rows={answer.data ?? []} rowKey={row => row.value} sort="-failure" onOpen={row => go('ue', { ue: row.value })} />
        </Standing>
      </Panel>
    </div>
  );
}

interface Told { records: SnRecord[]; more: boolean }

function Story({ ue }: { ue: string }) {
  const { params } = usePlace();
  const range = rangeOf(params), live = !range.to;
  const now = useNow(10000);
  const [most, setMost] = useState(MOST);
  const [fresh, setFresh] = useState<SnRecord[]>([]);
  const at = params.get('at');
  const view = params.get('view') === 'table' ? 'table' : 'diagram';
  const hidden = new Set((params.get('without') ?? '').split(',').filter(Boolean));
  useEffect(() => setFresh([]), [ue]);

  const answer = useAsk<Told>(JSON.stringify([ue, range, most]), async signal => {
    // The newest first, so that of a long story its end is there.
    const one = async (type: string): Promise<Told> => {
      const records: SnRecord[] = [];
      let cursor: string | undefined;
      do {
        const page = await api.records({ type, ue, from: range.from, to: range.to || undefined }, { limit: PAGE, cursor, order: 'newest' }, signal);
        records.push(...page.records);
        cursor = page.next ?? undefined;
      } while (cursor && records.length < most);
      return { records, more: cursor !== undefined };
    };
    const parts = await Promise.all(TYPES.map(one));
    // Where one type reaches further back than the other, the story begins where both are there.
    const start = parts.filter(part => part.more).map(part => part.records[part.records.length - 1]!.time).sort().pop() ?? '';
    setFresh([]);
    return { records: parts.flatMap(part => part.records).filter(record => record.time >= start), more: parts.some(part => part.more) };
  }, 0, false);
  useLive(live ? TYPES : [], (records, lost) => {
    const own = records.filter(record => record.ue === ue);
    if (own.length) setFresh(old => [...old, ...own].slice(-5000));
    if (lost) answer.again();
  });

  const records = useMemo(() => [...(answer.data?.records ?? []), ...fresh], [answer.data, fresh]);
  const without = params.get('without') ?? '';
  const story = useMemo(() => storyOf(records, record => !hidden.has(record.type.endsWith('.outcome') ? 'outcomes' : String(record.protocol))), [records, without]);
  const protocols = useMemo(() => [...new Set(records.map(record => (record.type.endsWith('.outcome') ? 'outcomes' : String(record.protocol))))].sort(), [records]);
  const selected = at && story.steps.some(step => step.key === at) ? at : null;
  const chosen = story.steps.find(step => step.key === selected);
  const select = (key: string | null) => set({ at: key }, false);

  const outcomes = records.filter(record => record.type === 'n2.outcome');
  const failures = outcomes.filter(isFailure);
  const times = story.steps.filter(step => step.kind !== 'gap');
  const first = times[0]?.time, last = times[times.length - 1]?.time;
  const values = (name: string) => [...new Set(records.map(record => record[name]).filter(Boolean))].join(', ') || '–';
  const nextFailure = () => {
    const from = selected === null ? -1 : story.steps.findIndex(step => step.key === selected);
    const after = story.steps.findIndex((step, i) => i > from && step.kind === 'outcome' && step.tone !== 'good');
    const next = after >= 0 ? after : story.steps.findIndex(step => step.kind === 'outcome' && step.tone !== 'good');
    if (next >= 0) select(story.steps[next]!.key);
  };

  const columns: Column<Step>[] = [
    { key: 'time', title: 'Time', width: 110, mono: true, cell: step => clock(step.time, 3), text: step => step.record?.time },
    { key: 'after', title: 'After', width: 80, end: true, cell: step => (step.after ? `+${ms(step.after)}` : '') },
    { key: 'from', title: 'From → to', width: 150, grow: 2, cell: step => (step.kind === 'signal' ? `${story.lanes[step.from!]!.kind} → ${story.lanes[step.to!]!.kind}` : '') },
    { key: 'protocol', title: 'Protocol', width: 80, cell: step => (step.kind === 'outcome' ? 'outcome' : (step.record?.protocol as string)) },
    { key: 'what', title: 'What', width: 220, grow: 4, cell: step => (step.kind === 'outcome' ? <><State of={String(step.record?.outcome)} /> {step.label}</> : <span class={step.tone === 'bad' ? 'bad' : ''}>{step.label}</span>), text: step => step.label },
    { key: 'cause', title: 'Cause', width: 160, grow: 3, cell: step => step.cause, text: step => step.cause },
    { key: 'duration', title: 'Duration', width: 86, end: true, cell: step => (typeof step.record?.duration_ms === 'number' ? ms(step.record.duration_ms) : '') },
  ];
  return (
    <div class="page full story">
      <div class="bar-row">
        <a href={link('ue')} class="ghost" title="All UEs"><Icon path={ICONS.left} size={12} /> UEs</a>
        <h2 class="mono who">{ue}</h2>
        <dl class="facts">
          <Fact name="messages">{count(records.length - outcomes.length)}</Fact>
          <Fact name="ended">{outcomes.length}{failures.length > 0 && <span class="bad"> · {failures.length} failed</span>}</Fact>
          <Fact name="gNB">{values('gnb')}</Fact>
          <Fact name="AMF">{values('amf')}</Fact>
          <Fact name="slice">{values('snssai')}</Fact>
          <Fact name="last" title={last ? stamp(last, 3) : undefined}>{last ? ago(last, now) : '–'}</Fact>
        </dl>
      </div>
      <div class="bar-row">
        <Choice label="View" of={[['diagram', 'Diagram'], ['table', 'Table']] as const} value={view} onChange={value => set({ view: value === 'table' ? 'table' : null }, false)} />
        <div class="toggles" role="group" aria-label="Shown">
          {protocols.map(name => (
            <label key={name} class={`toggle p-${name.replace(/\W/g, '')}`}><input type="checkbox" checked={!hidden.has(name)} onChange={() => {
              const next = new Set(hidden);
              if (!next.delete(name)) next.add(name);
              set({ without: [...next].join(',') || null }, false);
            }} />{name}</label>
          ))}
        </div>
        <span class="grow" />
        {failures.length > 0 && <button type="button" class="ghost" title="f, in the diagram" onClick={nextFailure}>Next failure</button>}
        {answer.data?.more && <button type="button" class="ghost" onClick={() => setMost(most + MOST)}>Earlier messages</button>}
        <a class="ghost" href={link('records', { type: 'n2.signal', ue })}>Records</a>
      </div>
      <div class={`story-body ${chosen?.record ? 'with-detail' : ''}`}>
        <Standing answer={answer} empty={story.steps.length === 0} none={<>No message of {ue} in this time range. <button type="button" class="small" onClick={() => set({ from: first ? iso(first) : '-7d', to: null })}>Look through 7 days</button></>}>
          {view === 'diagram'
            ? <Diagram story={story} selected={selected} onSelect={select} follow={live} />
            : <Table label={`Story of ${ue}`} fill columns={columns} rows={times} rowKey={step => step.key} selected={selected ?? undefined} onOpen={step => select(step.key)} rowClass={step => (step.tone === 'bad' ? 'failed' : '')} />}
        </Standing>
        {chosen?.record && <RecordDetail record={chosen.record} title={sentence(chosen, story)} onClose={() => select(null)} />}
      </div>
    </div>
  );
}

function Ue() {
  const { params } = usePlace();
  const ue = params.get('ue');
  return ue ? <Story key={ue} ue={ue} /> : <Choose />;
}

export const page: Page = { name: 'ue', title: 'UE story', key: 'u', order: 30, icon: 'M5 1.5h6v13H5zM7.5 12.5h1', range: true, show: Ue };
