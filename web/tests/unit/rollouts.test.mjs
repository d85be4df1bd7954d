// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { differences, fits, labelsOf, lineOf, selectorText } = await load('pages/rollouts/text.ts');
const { holdRows } = await load('held.ts');

test('differences keep what both have, in order', () => {
  const signs = lines => lines.map(line => line.sign + line.text).join('|');
  assert.equal(signs(differences('n2:\n  timeout: 5s\n', 'n2:\n  timeout: 7s\n  max_ues: 10\n')), ' n2:|-  timeout: 5s|+  timeout: 7s|+  max_ues: 10');
  assert.equal(signs(differences('', 'a\n')), '+a');
  assert.equal(signs(differences('a\n', '')), '-a');
  assert.deepEqual(differences('a\nb\nc\n', 'a\nc\n').map(line => line.number), [1, undefined, 2]);
});
test('selectors fit as fnmatch does', () => {
  const node = { name: 'edge-12', cluster: 'berlin', kernel: '6.1.0-25-amd64', labels: { zone: 'a' } };
  for (const [selector, yes] of [[{}, true], [{ node: 'edge-*' }, true], [{ node: 'edge-?' }, false], [{ node: 'edge' }, false], [{ kernel: '6.1.*' }, true],
    [{ kernel: '6.1?0-*' }, true], [{ node: 'edge-[!0]2' }, true], [{ labels: { zone: 'a' } }, true], [{ labels: { zone: 'b' } }, false], [{ node: 'edge-*', cluster: 'munich' }, false]])
    assert.equal(fits(selector, node), yes, JSON.stringify(selector));
  assert.equal(selectorText({ node: 'e*', labels: { zone: 'a' } }), 'node e*, zone=a');
  assert.equal(selectorText({}), 'every node');
  assert.deepEqual(labelsOf('zone=a, tier=1'), { zone: 'a', tier: '1' });
  assert.equal(labelsOf('zone'), null);
});
test('a refusal names its line', () => {
  assert.equal(lineOf("n1 refuses it: desired state:3: there is no option 'timeoutz'"), 3);
  assert.equal(lineOf('n1 takes 0.9 of a core'), null);
});
test('held rows keep their order; new ones wait, those behind the last come along', () => {
  const key = row => row[0];
  const held = { sort: '', rows: ['b1', 'c1'], keys: new Set(['b', 'c']) };
  assert.equal(holdRows(held, ['a1', 'c2', 'b2', 'd1'], key), 1);
  assert.deepEqual(held.rows, ['b2', 'c2', 'd1']);
  assert.equal(holdRows(held, ['x1', 'a1', 'c3'], key), 2);
  assert.deepEqual(held.rows, ['b2', 'c3', 'd1']);
});
