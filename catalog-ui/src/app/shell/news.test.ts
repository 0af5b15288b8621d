import { expect, test } from 'vitest';
import { madeOldBy } from '@/app/shell/news';

test('a decision on access makes old what shows who may see what', () => {
  expect(madeOldBy('request.approved')).toEqual(expect.arrayContaining(['requests', 'product']));
  expect(madeOldBy('grant.revoked')).toEqual(expect.arrayContaining(['requests', 'product']));
});

test('a release makes old what is told of its product, and what is found', () => {
  expect(madeOldBy('release.published')).toEqual(expect.arrayContaining(['product', 'search']));
});

test('a run makes nothing old that it has not released yet', () => {
  expect(madeOldBy('run.began')).not.toContain('product');
});
