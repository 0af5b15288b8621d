import { expect, test } from 'vitest';
import { entriesFor } from '@/app/shell/navigation';

const words = (pages: string[]) => entriesFor(pages).map((entry) => entry.word);

test('entries with which a person can do nothing are absent', () => {
  expect(words([])).toEqual(['home', 'search', 'lineage', 'sql', 'requests']);
});

test('what a person can do something with is there, in its place', () => {
  expect(words(['policies', 'publish'])).toEqual([
    'home',
    'search',
    'lineage',
    'sql',
    'requests',
    'publish',
    'policies',
  ]);
});

test('no two entries share a key', () => {
  const keys = entriesFor(['publish', 'policies', 'ops']).flatMap((entry) => entry.key ?? []);
  expect(new Set(keys).size).toBe(keys.length);
});
