// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const s = await load('series.ts');
const grid = s.gridOf(0, 50000, 10000);
const counter = (labels, values, node = 'a') => ({ node, name: 'x', labels, kind: 'counter', points: values.map((value, i) => [i * 10000, value, value, value]) });

test('a grid is aligned to its step', () => assert.deepEqual(s.gridOf(12345, 31000, 10000).times, [10000, 20000, 30000]));
test('increases, over a new start too', () => {
  assert.deepEqual(s.increaseRow(counter({}, [5, 8, 8, 2, 4, 4]).points, grid), [null, 3, 0, 2, 2, 0]);
  assert.deepEqual(s.increaseRow([[0, 0], [30000, 9]], grid), [null, 3, 3, 3, null, null]);
});
test('sums by a label', () => {
  const sums = s.sumBy([counter({ o: 'x' }, [0, 1, 2]), counter({ o: 'x' }, [0, 2, 4]), counter({ o: 'y' }, [0, 0, 7])], grid, one => one.labels.o);
  assert.deepEqual(sums.get('x'), [null, 3, 3, null, null, null]);
  assert.deepEqual(sums.get('y'), [null, 0, 7, null, null, null]);
});
test('quantiles, as Prometheus has them', () => {
  assert.equal(s.quantile([[1, 0], [2, 10], [Infinity, 10]], 0.5), 1.5);
  assert.equal(s.quantile([[1, 5], [Infinity, 10]], 0.99), 1);
  assert.equal(s.quantile([[1, 0], [Infinity, 0]], 0.5), null);
});
test('quantiles by step; a bucket left out counts as the one below', () => {
  const rows = s.quantileRows([
    counter({ le: '1' }, [0, 0, 0]), counter({ le: '2' }, [0, 10, 10]), counter({ le: '+Inf' }, [0, 10, 10]),
    counter({ le: '1' }, [0, 10, 10], 'b'), counter({ le: '+Inf' }, [0, 10, 10], 'b'),
  ], grid, [0.5]);
  assert.deepEqual(rows[0].slice(0, 3), [null, 1, null]);
});
