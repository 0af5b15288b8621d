import { expect, test } from 'vitest';
import { diffLines, folded } from '@/ui/diff';

const show = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${kind} ${text}`);

test('what stayed, went and came is told line by line', () => {
  expect(show('a\nb\nc', 'a\nx\nc')).toEqual(['same a', 'removed b', 'added x', 'same c']);
});

test('equal texts have no difference', () => {
  expect(diffLines('a\nb', 'a\nb').every(({ kind }) => kind === 'same')).toBe(true);
});

test('long stretches that stayed are left out', () => {
  const many = Array.from({ length: 40 }, (_, at) => `line ${at}`);
  const lines = folded(
    diffLines(many.join('\n'), [...many.slice(0, 20), 'new', ...many.slice(20)].join('\n')),
  );
  expect(lines.map(({ kind }) => kind)).toEqual([
    'gap',
    'same',
    'same',
    'same',
    'added',
    'same',
    'same',
    'same',
    'gap',
  ]);
});
