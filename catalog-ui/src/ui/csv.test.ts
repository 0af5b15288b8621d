import { expect, test } from 'vitest';
import { csv } from '@/ui/csv';

test('only what must be quoted is quoted, and nothing stands for null', () => {
  expect(
    csv(
      ['name', 'note'],
      [
        ['a,b', 'says "x"'],
        [null, 'two\nlines'],
        ['plain', undefined],
      ],
    ),
  ).toBe('name,note\n"a,b","says ""x"""\n,"two\nlines"\nplain,\n');
});

test('a single empty value is still a row', () => {
  expect(csv(['n'], [[null], ['1']])).toBe('n\n""\n1\n');
});
