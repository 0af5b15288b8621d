import { expect, test } from 'vitest';
import { parseSearch, stringifySearch, texts } from '@/app/search-params';

test('a number in the address stays text', () => {
  expect(parseSearch('?q=2013')).toEqual({ q: '2013' });
});

test('parameters survive the way into the address and back', () => {
  const search = { q: 'refund "amount" & more', port: 'a.b.c' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test('unknown and empty parameters are dropped', () => {
  expect(texts('q', 'type')({ q: 'x', type: '', other: 'y' })).toEqual({ q: 'x' });
});
