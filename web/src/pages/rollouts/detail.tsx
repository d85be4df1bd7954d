// SPDX-License-Identifier: Apache-2.0
// One group: how far its newest revision is, what it changes, each of its nodes; and what an operator can do about it.
import { useState } from 'preact/hooks';
import { api, type Group, type Member } from '../../api';
import { ago, percent, whole } from '../../format';
import { mayOperate } from '../../session';
import { useAsk, useNow } from '../../use';
import { go, link, set, usePlace } from '../../url';
import { Choice, Dialog, Fact, Failure, Panel, Standing, State } from '../../ui/bits';
import { Table, type Column } from '../../ui/table';
import { Document, Progress } from './parts';
import { differences, lineOf, selectorText } from './text';

type Action = 'halt' | 'proceed' | 'rollback' | 'remove';
const ACTIONS: Record<Action, { title: string; when: (group: Group) => boolean; what: (group: Group) => string; tone?: string }> = {
  halt: { title: 'Halt', when: group => group.phase === 'canary', what: group => `Revision ${group.revision} goes to no further node. The ${whole(group.nodes.reached)} that it has reached keep it until it is rolled back.` },
  proceed: { title: 'Proceed', when: group => group.phase !== 'all', what: group => `Revision ${group.revision} goes to all ${whole(group.nodes.total)} nodes of the group at once, whatever its canaries say.` },
  rollback: { title: 'Roll back', when: () => true, what: group => `The document before revision ${group.revision} becomes the newest revision, and goes to all ${whole(group.nodes.total)} nodes at once.`, tone: 'bad' },
  remove: { title: 'Remove', when: () => true, what: () => 'The group is forgotten. Its nodes keep the configuration that they have now.', tone: 'bad' },
};

function Confirm({ group, action, onClose, done }: { group: Group; action: Action; onClose: () => void; done: () => void }) {
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const { title, what, tone } = ACTIONS[action];
  const act = async () => {
    setBusy(true);
    try {
      await (action === 'remove' ? api.removeGroup(group.name) : api.changeRollout(group.name, action));
      onClose();
      done();
    } catch (failure) {
      setError(failure as Error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={`${title}: ${group.name}`} onClose={onClose} class="confirm">
      <h2>{title}: <span class="mono">{group.name}</span></h2>
      <p>{what(group)}</p>
      {error && <Failure error={error} />}
      <div class="confirm-buttons">
        <button type="button" class="ghost" autofocus onClick={onClose}>Cancel</button>
        <button type="button" class={`primary ${tone ?? ''}`} disabled={busy} onClick={() => void act()}>{title}</button>
      </div>
    </Dialog>
  );
}

const STANDINGS = ['refused', 'underway', 'taken', 'not yet'];
const standing = (group: Group, member: Member): string =>
  member.revision !== group.revision ? (member.reached ? 'underway' : 'not yet') : member.error ? 'refused' : 'taken';

function Members({ group }: { group: Group }) {
  const columns: Column<Member>[] = [
    { key: 'node', title: 'Node', width: 110, grow: 2, value: row => row.node, text: row => row.node, cell: row => <a href={link('node', { name: row.node })}>{row.node}</a> },
    { key: 'state', title: 'State', width: 76, value: row => row.state, cell: row => <State of={row.state} /> },
    { key: 'revision', title: 'Revision', width: 72, end: true, value: row => row.revision, cell: row => row.revision || <span class="faint">own</span> },
    { key: 'standing', title: 'This one', width: 96, value: row => STANDINGS.indexOf(standing(group, row)), cell: row => <State of={standing(group, row)} /> },
    { key: 'error', title: 'Why', tip: 'Why it is refused, or which options take effect at the next start only', width: 170, grow: 4, value: row => row.error, text: row => [row.error, row.restart?.join(', ')].filter(Boolean).join('\n'),
      cell: row => (row.error ? <span class="bad">{row.error}</span> : row.restart?.length ? <span class="warn">at its next start: {row.restart.join(', ')}</span> : <span class="faint">–</span>) },
  ];
  return <Table label="Nodes of the group" columns={columns} rows={group.members ?? []} rowKey={row => row.node} most={14} sort="standing" none="No node fits the selector, or all that do are in a group before this one." />;
}

export function Detail({ name, changed }: { name: string; changed: () => void }) {
  const { params } = usePlace();
  const now = useNow(5000);
  const [turn, setTurn] = useState(0);
  const [action, setAction] = useState<Action | null>(null);
  const answer = useAsk(`group ${name} ${turn}`, signal => api.group(name, signal), 2000);
  const group = answer.data;
  if (!group) return <Standing answer={answer}>{null}</Standing>;
  const view = params.get('view') === 'whole' ? 'whole' : params.get('view') === 'before' ? 'before' : 'change';
  const refusal = group.members?.find(one => one.revision === group.revision && one.error)?.error ?? null;
  const lines = view === 'change' ? differences(group.before, group.document) : differences('', view === 'whole' ? group.document : group.before).map(line => ({ ...line, sign: ' ' as const }));
  const operate = mayOperate();
  return (
    <>
      <div class="bar-row">
        <h2 class="mono who">{group.name}</h2>
        <State of={group.phase} />
        <span class="grow" />
        {operate && (Object.keys(ACTIONS) as Action[]).filter(one => ACTIONS[one].when(group)).map(one => <button type="button" key={one} class="ghost" onClick={() => setAction(one)}>{ACTIONS[one].title}</button>)}
        {operate && <a class="ghost on" href={link('rollouts', { group: name, new: '1' })}>New revision</a>}
      </div>
      {answer.error && <Failure error={answer.error} again={answer.again} stale />}
      {group.phase === 'halted' && <div class="alarm" role="alert"><span>Halted. {group.why}</span></div>}
      <dl class="facts block">
        <Fact name="revision">{group.revision}</Fact>
        <Fact name="nodes">{selectorText(group.selector)}</Fact>
        <Fact name="progress"><span class="progress-wide"><Progress of={group.nodes} /><span>{whole(group.nodes.applied)} taken{group.nodes.refused > 0 && <>, <span class="bad">{whole(group.nodes.refused)} refused</span></>} <span class="dim">of {whole(group.nodes.total)}; reached {whole(group.nodes.reached)}</span></span></span></Fact>
        <Fact name="canaries">{percent(group.canary)}</Fact>
        <Fact name="soak">{group.soak}</Fact>
        <Fact name="most CPU">{group.max_cpu_share > 0 ? percent(group.max_cpu_share) : 'no limit'}</Fact>
        <Fact name="by">{group.user}</Fact>
        <Fact name="begun" title={group.time}>{ago(Date.parse(group.time), now)}</Fact>
        {group.phase !== 'halted' && group.why && <Fact name="why">{group.why}</Fact>}
      </dl>
      <div class="columns two">
        <Panel title="Document" side={<Choice label="Show" of={[['change', 'what changes'], ['whole', 'whole'], ['before', 'before']] as const} value={view} onChange={value => set({ view: value === 'change' ? null : value }, false)} />}>
          <Document lines={lines} refused={view === 'before' ? null : lineOf(refusal ?? group.why)} why={refusal} />
          {refusal && <p class="refusal bad" role="status">{refusal}</p>}
        </Panel>
        <Panel title="Nodes" side={<span class="dim">{whole(group.nodes.up)} of {whole(group.nodes.total)} up</span>}><Members group={group} /></Panel>
      </div>
      {action && <Confirm group={group} action={action} onClose={() => setAction(null)} done={() => {
        changed();
        if (action === 'remove') go('rollouts');
        else setTurn(n => n + 1);
      }} />}
    </>
  );
}
