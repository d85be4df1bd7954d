// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const f = await load('format.ts');
const t = await load('time.ts');

test('percent is never 100 % or 0 % for what is not', () => {
  assert.equal(f.percent(1), '100 %');
  assert.equal(f.percent(0), '0 %');
  assert.equal(f.percent(0.9996), '99.96 %');
  assert.equal(f.percent(0.99999), '99.999 %');
  assert.equal(f.percent(0.00001), '0.001 %');
  assert.equal(f.percent(null), '–');
});
test('numbers have three digits and their unit', () => {
  assert.equal(f.count(9999), '9999');
  assert.equal(f.count(12345), '12.3 k');
  assert.equal(f.count(Infinity), '–');
  assert.equal(f.ms(0.0123), '12.3 µs');
  assert.equal(f.ms(829.977), '830 ms');
  assert.equal(f.ms(1087.15), '1.09 s');
  assert.equal(f.octets(1536), '1.5 KiB');
  assert.equal(f.inUnit(0.5, 's'), '500 ms');
  assert.equal(f.inUnit(1500, 'ns'), '1.5 µs');
  assert.equal(f.unitOf('sauron_n2_procedure_duration_seconds_bucket'), 's');
  assert.equal(f.unitOf('sauron_n2_ues'), undefined);
});
test('ranges', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  assert.deepEqual(t.bounds({ from: '-15m', to: '' }, now), [now - 900000, now]);
  assert.deepEqual(t.bounds({ from: '2026-11-24T10:00:00Z', to: '2026-11-24T11:00:00Z' }, now), [now - 7200000, now - 3600000]);
  assert.equal(t.stepOf(900000, 48), 30000);
  assert.ok(t.stepOf(30 * 86400000, 48) >= 86400000 / 2);
  assert.equal(t.durationOf('-1h'), -3600000);
  assert.equal(t.durationOf('1 h'), null);
});
test('times are read to the nanosecond', () => {
  assert.ok(Math.abs(t.exactTime('2026-11-20T12:25:48.346882123Z') - (Date.parse('2026-11-20T12:25:48Z') + 346.882123)) < 1e-3);
  assert.equal(t.exactTime('2026-11-20T12:25:48Z'), Date.parse('2026-11-20T12:25:48Z'));
});
