import { describe, expect, test } from 'vitest';
import { holds, moved, rangeOf, tabbed } from '@/features/sql/grid-move';
import { type PastRun, readHistory, remembered } from '@/features/sql/history';
import {
  activeTab,
  changed,
  closed,
  firstTabs,
  opened,
  readTabs,
  turnedTo,
} from '@/features/sql/tabs';

describe('the tabs of statements', () => {
  test('an untouched one is used up before another is opened', () => {
    const once = opened(firstTabs, { sql: 'a' });
    expect(once.tabs.map(({ id, sql }) => [id, sql])).toEqual([['q1', 'a']]);
    const twice = opened(once, { sql: 'b' });
    expect([twice.active, twice.tabs.length]).toEqual(['q2', 2]);
  });

  test('closing turns to the neighbour, and numbers are not used again', () => {
    const three = opened(opened(opened(firstTabs, { sql: 'a' }), { sql: 'b' }), { sql: 'c' });
    const left = closed(turnedTo(three, 'q2'), 'q2');
    expect(left.active).toBe('q3');
    expect(opened(left, { sql: 'd' }).active).toBe('q4');
    expect(activeTab(closed(closed(left, 'q1'), 'q3')).sql).toBe('');
  });

  test('what was kept is read back, and what is no such thing is not', () => {
    const state = changed(opened(firstTabs, { sql: 'a', purpose: 'p' }), 'q1', { limit: 100 });
    expect(readTabs(JSON.stringify(state))).toEqual(state);
    expect(readTabs('{"tabs":[{"id":7}]}')).toEqual(firstTabs);
    expect(readTabs('nonsense')).toEqual(firstTabs);
    expect(readTabs(JSON.stringify({ ...state, active: 'gone' })).active).toBe('q1');
  });
});

describe('the history', () => {
  const ran = (sql: string, at: string): PastRun => ({
    at,
    sql,
    purpose: '',
    asOf: '',
    limit: 10,
    outcome: 'rows',
    rows: 1,
    seconds: 1,
    code: null,
  });

  test('has the newest first and each statement once', () => {
    const past = remembered(
      remembered(remembered([], ran('a', '1')), ran('b', '2')),
      ran('a', '3'),
    );
    expect(past.map(({ sql, at }) => sql + at)).toEqual(['a3', 'b2']);
  });

  test('that is no history is none', () => {
    expect(readHistory('{}')).toEqual([]);
    expect(readHistory('[{"sql":"a"},{"x":1}]')).toHaveLength(1);
  });
});

describe('moving in the grid', () => {
  const size = { rows: 100, columns: 5, page: 10 };
  test.each([
    ['ArrowDown', false, { row: 51, column: 2 }],
    ['ArrowDown', true, { row: 99, column: 2 }],
    ['ArrowLeft', true, { row: 50, column: 0 }],
    ['PageUp', false, { row: 40, column: 2 }],
    ['Home', false, { row: 50, column: 0 }],
    ['End', true, { row: 99, column: 4 }],
    ['a', false, null],
  ])('%s, with Ctrl: %s', (key, mod, expected) => {
    expect(moved({ row: 50, column: 2 }, { key, mod }, size)).toEqual(expected);
  });

  test('ends at the edges', () => {
    expect(moved({ row: 0, column: 0 }, { key: 'ArrowUp', mod: false }, size)).toEqual({
      row: 0,
      column: 0,
    });
  });

  test('what is chosen is copied with tabs, without line breaks inside', () => {
    const range = rangeOf({ row: 2, column: 1 }, { row: 1, column: 0 });
    expect(holds(range, 1, 1)).toBe(true);
    expect(holds(range, 3, 1)).toBe(false);
    expect(tabbed(range, (row, column) => `${row}\n${column}`)).toBe('1 0\t1 1\n2 0\t2 1');
  });
});
