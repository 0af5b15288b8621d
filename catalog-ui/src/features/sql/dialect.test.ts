import { classHighlighter, highlightCode } from '@lezer/highlight';
import { expect, test } from 'vitest';
import { language } from '@/features/sql/dialect';

/** Every stretch that has a colour, with its kind. */
function coloured(sql: string): [string, string][] {
  const found: [string, string][] = [];
  highlightCode(
    sql,
    language.parser.parse(sql),
    classHighlighter,
    (text, classes) => {
      if (classes) found.push([text, classes.replace('tok-', '')]);
    },
    () => undefined,
  );
  return found;
}

test('words, functions, numbers and texts have colours; names of the mesh have none', () => {
  expect(coloured("SELECT count(*) FROM a.flights.count WHERE n > 1.5 AND s = 'it''s'")).toEqual([
    ['SELECT', 'keyword'],
    ['count', 'typeName'],
    ['FROM', 'keyword'],
    ['WHERE', 'keyword'],
    ['1.5', 'number'],
    ['AND', 'keyword'],
    ["'it''s'", 'string'],
  ]);
});

test('comments end where they do, over lines and within each other', () => {
  expect(coloured('1 -- select\n2 /* a /* b\n*/ c */ 3')).toEqual([
    ['1', 'number'],
    ['-- select', 'comment'],
    ['2', 'number'],
    ['/* a /* b', 'comment'],
    ['*/ c */', 'comment'],
    ['3', 'number'],
  ]);
});

test('a text goes on over lines, and a quoted name is no text', () => {
  expect(coloured(`'a\nselect' "select" null`)).toEqual([
    ["'a", 'string'],
    ["select'", 'string'],
    ['null', 'keyword'],
  ]);
});
