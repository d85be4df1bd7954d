// SPDX-License-Identifier: Apache-2.0
// A rollout to begin: of a new group, or the next revision of one.
import { useState } from 'preact/hooks';
import { api, type Group, type Selector } from '../../api';
import { whole } from '../../format';
import { useAsk } from '../../use';
import { go, link } from '../../url';
import { Dialog, Failure, Panel } from '../../ui/bits';
import { Document } from './parts';
import { differences, fits, labelsOf, labelsText, selectorText } from './text';

export function Form({ group, began }: { group?: Group; began: () => void }) {
  const [name, setName] = useState(group?.name ?? '');
  const [node, setNode] = useState(group?.selector.node ?? ''), [cluster, setCluster] = useState(group?.selector.cluster ?? '');
  const [kernel, setKernel] = useState(group?.selector.kernel ?? ''), [labels, setLabels] = useState(labelsText(group?.selector.labels));
  const [text, setText] = useState(group?.document ?? '');
  const [canary, setCanary] = useState(String(Math.round((group?.canary ?? 0.1) * 1000) / 10)), [soak, setSoak] = useState(group?.soak ?? '30s');
  const [cpu, setCpu] = useState(group?.max_cpu_share ? String(Math.round(group.max_cpu_share * 10000) / 100) : '');
  const [asks, setAsks] = useState(false), [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const nodes = useAsk('nodes of the form', signal => api.allNodes(signal), 30000);
  const wanted = labelsOf(labels);
  const selector: Selector = {
    ...(node.trim() && { node: node.trim() }), ...(cluster.trim() && { cluster: cluster.trim() }), ...(kernel.trim() && { kernel: kernel.trim() }),
    ...(wanted && Object.keys(wanted).length > 0 && { labels: wanted }),
  };
  const fitting = wanted ? (nodes.data ?? []).filter(one => fits(selector, one)) : [];
  const begin = async () => {
    setBusy(true);
    setError(null);
    try {
      await api.beginRollout(name, { selector, document: text, canary: Number(canary) / 100, soak: soak.trim(), ...(cpu.trim() ? { max_cpu_share: Number(cpu) / 100 } : {}) });
      began();
      go('rollouts', { group: name });
    } catch (failure) {
      setError(failure as Error);
      setBusy(false);
      setAsks(false);
    }
  };
  const field = (id: string, title: string, value: string, change: (text: string) => void, more: Record<string, unknown> = {}) => (
    <label for={`rollout-${id}`}>{title}<input id={`rollout-${id}`} value={value} spellcheck={false} autocomplete="off" onInput={event => change(event.currentTarget.value)} {...more} /></label>
  );
  return (
    <Panel title={group ? `New revision of ${group.name}` : 'New group'} side={<a href={group ? link('rollouts', { group: group.name }) : link('rollouts')}>Cancel</a>}>
      <form class="rollout-form" onSubmit={event => {
        event.preventDefault();
        setAsks(true);
      }}>
        <div class="rollout-fields">
          {field('name', 'Name', name, setName, { required: true, pattern: '[a-z0-9._\\-]{1,63}', title: 'a-z, 0-9, - . _', disabled: group !== undefined, placeholder: 'edge' })}
          <fieldset>
            <legend>Nodes <span class="dim">all must fit; with * and ?</span></legend>
            {field('node', 'Name', node, setNode, { placeholder: 'any' })}
            {field('cluster', 'Cluster', cluster, setCluster, { placeholder: 'any' })}
            {field('kernel', 'Kernel', kernel, setKernel, { placeholder: 'any' })}
            {field('labels', 'Labels', labels, setLabels, { placeholder: 'zone=edge, tier=1' })}
            <p role="status" class={wanted ? 'dim' : 'bad'}>{!wanted ? 'Labels are NAME=VALUE, with commas between.' : nodes.data ? <>{selectorText(selector)}: <b>{whole(fitting.length)}</b> of {whole(nodes.data.length)} nodes</> : '…'}</p>
          </fieldset>
          <fieldset>
            <legend>How</legend>
            {field('canary', 'Canaries, % of the nodes', canary, setCanary, { type: 'number', min: 0.1, max: 100, step: 'any', required: true })}
            {field('soak', 'Soak: they must be well for', soak, setSoak, { required: true, pattern: '[0-9.]+ ?(ns|us|ms|s|m|h|d)?', title: 'a duration like 30s or 5m' })}
            {field('cpu', 'Most CPU, % of one core', cpu, setCpu, { type: 'number', min: 0.001, step: 'any', placeholder: 'no limit' })}
          </fieldset>
        </div>
        <div class="rollout-document">
          <label for="rollout-document">Document <span class="dim">YAML: what stands below <code>modules:</code> in an agent’s configuration</span></label>
          <textarea id="rollout-document" class="mono" rows={18} spellcheck={false} value={text} placeholder={'n2:\n  timeout: 10s\n'} onInput={event => setText(event.currentTarget.value)} />
          {error && <Failure error={error} />}
          <div class="bar-row"><span class="dim">It goes to the canaries first. A node that refuses it, or costs more than the limit, halts it.</span><span class="grow" /><button type="submit" class="primary" disabled={!name || !wanted}>Begin rollout …</button></div>
        </div>
      </form>
      {asks && (
        <Dialog title="Begin the rollout" onClose={() => setAsks(false)} class="confirm">
          <h2>Begin the rollout of <span class="mono">{name}</span></h2>
          <p>{whole(fitting.length)} {fitting.length === 1 ? 'node fits' : 'nodes fit'} {selectorText(selector)}. {Number(canary) >= 100 ? 'All get it at once.' : `${canary} % of them get it first, at least one; when they have been well for ${soak}, all get it.`}</p>
          <Document lines={differences(group?.document ?? '', text)} />
          <div class="confirm-buttons">
            <button type="button" class="ghost" onClick={() => setAsks(false)}>Cancel</button>
            <button type="button" class="primary" disabled={busy} onClick={() => void begin()}>Begin</button>
          </div>
        </Dialog>
      )}
    </Panel>
  );
}
