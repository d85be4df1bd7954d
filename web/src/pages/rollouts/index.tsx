// SPDX-License-Identifier: Apache-2.0
// Rollouts: what the nodes of each group are to be configured with, how far that is, and what stands in its way.
import { useState } from 'preact/hooks';
import { api, type Group } from '../../api';
import { ago, whole } from '../../format';
import type { Page } from '../../page';
import { mayOperate } from '../../session';
import { useAsk, useNow } from '../../use';
import { go, link, usePlace } from '../../url';
import { Panel, Standing, State } from '../../ui/bits';
import { Table, type Column } from '../../ui/table';
import { Detail } from './detail';
import { Form } from './form';
import { Progress } from './parts';
import { selectorText } from './text';

function List({ groups, chosen }: { groups: Group[]; chosen?: string }) {
  const now = useNow(5000);
  const columns: Column<Group>[] = [
    { key: 'name', title: 'Group', width: 110, grow: 1, value: row => row.name, text: row => row.name, cell: row => <a href={link('rollouts', { group: row.name })}>{row.name}</a> },
    { key: 'selector', title: 'Nodes', width: 130, grow: 2, text: row => selectorText(row.selector), cell: row => selectorText(row.selector) },
    { key: 'revision', title: 'Revision', width: 72, end: true, value: row => row.revision },
    { key: 'phase', title: 'Phase', width: 88, value: row => row.phase, cell: row => <State of={row.phase} /> },
    { key: 'bar', title: 'Progress', width: 110, grow: 2, value: row => row.nodes.applied / Math.max(1, row.nodes.total), cell: row => <Progress of={row.nodes} /> },
    { key: 'taken', title: 'Taken', tip: 'Nodes that have taken the revision, of all in the group', width: 84, end: true, value: row => row.nodes.applied, cell: row => <>{whole(row.nodes.applied)} <span class="dim">of {whole(row.nodes.total)}</span></> },
    { key: 'refused', title: 'Refused', width: 70, end: true, value: row => row.nodes.refused, cell: row => <span class={row.nodes.refused ? 'bad' : 'dim'}>{whole(row.nodes.refused)}</span> },
    { key: 'why', title: 'Why', width: 160, grow: 4, value: row => row.why, text: row => row.why ?? '', cell: row => row.why || <span class="faint">–</span> },
    { key: 'user', title: 'By', width: 84, grow: 1, value: row => row.user, text: row => row.user },
    { key: 'time', title: 'Begun', width: 92, end: true, value: row => row.time, cell: row => ago(Date.parse(row.time), now), text: row => row.time },
  ];
  return <Table label="Groups" columns={columns} rows={groups} rowKey={row => row.name} selected={chosen} most={8} onOpen={row => go('rollouts', { group: row.name })} none="No group is defined: all nodes follow their own configuration." />;
}

function Rollouts() {
  const { params } = usePlace();
  const [turn, setTurn] = useState(0);
  const answer = useAsk(`groups ${turn}`, api.groups, 2000);
  const name = params.get('group') ?? undefined, form = params.get('new');
  const renew = () => setTurn(n => n + 1);
  const operate = mayOperate();
  return (
    <div class="page rollouts">
      <Panel title="Groups" side={operate
        ? <a class="small" href={link('rollouts', { new: '1' })}>New group</a>
        : <span class="dim" title="Beginning, halting and rolling back take the role operator">you may look, an operator may change</span>}>
        <Standing answer={answer} empty={answer.data?.length === 0} none={<>No group is defined: every node follows its own configuration. {operate && <a href={link('rollouts', { new: '1' })}>Begin the first rollout</a>}</>}>
          <List groups={answer.data ?? []} chosen={name} />
        </Standing>
      </Panel>
      {form && answer.data
        ? <Form key={name} group={answer.data.find(one => one.name === name)} began={renew} />
        : name && <Detail key={name} name={name} changed={renew} />}
    </div>
  );
}

export const page: Page = { name: 'rollouts', title: 'Rollouts', key: 'l', order: 70, icon: 'M8 13.5v-11M4.5 6L8 2.5 11.5 6M2.5 13.5h11', show: Rollouts };
