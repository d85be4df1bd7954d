// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { storyOf } = await load('pages/ue/story.ts');
let id = 0;
const at = ms => new Date(Date.parse('2026-11-20T12:00:00Z') + ms).toISOString();
const signal = (ms, direction, protocol, what, more = {}) => ({ id: String(++id), time: at(ms), node: 'a', type: 'n2.signal', direction, protocol, what, gnb: 'g1', ue: 'u', in_container: false, inferred: false, ...more });
const outcome = (ms, procedure, duration_ms, more = {}) => ({ id: String(++id), time: at(ms), node: 'a', type: 'n2.outcome', procedure, outcome: 'success', duration_ms, gnb: 'g1', amf: 'amf-0', ue: 'u', ...more });
const ends = (story, step) => [story.lanes[step.from].kind, story.lanes[step.to].kind];

test('who speaks to whom', () => {
  const story = storyOf([signal(0, 'uplink', 'NGAP', 'InitialUEMessage'), signal(0, 'uplink', '5GMM', 'Registration request'), signal(5, 'downlink', '5GSM', 'PDU session establishment accept')]);
  assert.deepEqual(story.steps.map(step => ends(story, step)), [['gNB', 'AMF'], ['UE', 'AMF'], ['SMF', 'UE']]);
  assert.deepEqual(story.lanes.map(lane => [lane.kind, lane.seen]), [['UE', true], ['gNB', true], ['AMF', true], ['SMF', true], ['UPF', false]]);
});
test('order: by time, what was said before what came of it, each once', () => {
  const a = signal(10, 'downlink', '5GMM', 'Registration accept'), b = outcome(10, 'Registration', 10), c = signal(0, 'uplink', '5GMM', 'Registration request');
  assert.deepEqual(storyOf([b, a, c, a]).steps.map(step => step.label), ['Registration request', 'Registration accept', 'Registration']);
});
test('a bracket spans from the begin to the outcome; the short one is nearest', () => {
  const story = storyOf([signal(0, 'uplink', '5GMM', 'Registration request'), signal(30, 'downlink', 'NGAP', 'InitialContextSetup'), signal(42, 'uplink', 'NGAP', 'InitialContextSetup'), outcome(42, 'InitialContextSetup', 12), outcome(42.5, 'Registration', 42.5)]);
  assert.deepEqual(story.brackets.map(({ first, last, column }) => [first, last, column]), [[1, 3, 0], [0, 4, 1]]);
});
test('a failure is told by its name or by its outcome, with its cause', () => {
  const story = storyOf([signal(0, 'downlink', '5GMM', 'Registration reject', { group: '5gmm', cause: 'Illegal UE' }), outcome(0, 'Registration', 0, { outcome: 'no response' }), signal(1, 'uplink', 'NGAP', 'UEContextReleaseRequest', { group: 'radioNetwork', cause: 'unspecified' })]);
  assert.deepEqual(story.steps.map(step => [step.tone, step.cause]), [['bad', '5gmm Illegal UE'], ['warn', ''], ['ngap', 'radioNetwork unspecified']]);
});
test('silence is a row of its own; each gNB has its lifeline', () => {
  const story = storyOf([signal(0, 'uplink', 'NGAP', 'HandoverPreparation'), signal(4000, 'uplink', 'NGAP', 'HandoverNotification', { gnb: 'g2' })]);
  assert.deepEqual(story.steps.map(step => step.kind), ['signal', 'gap', 'signal']);
  assert.deepEqual(story.lanes.filter(lane => lane.kind === 'gNB').map(lane => lane.name), ['g1', 'g2']);
});
test('ten thousand messages in under a second', () => {
  const many = [];
  for (let i = 0; i < 5000; i++) many.push(signal(i * 10, 'uplink', '5GMM', 'Service request'), outcome(i * 10 + 1, 'Service request', 5));
  const begin = process.cpuUsage();
  assert.equal(storyOf(many).steps.length, 10000);
  assert.ok(process.cpuUsage(begin).user < 1e6); /* of this process: the machine may be busy */
});
