import { describe, expect, test } from 'vitest';
import type { ColumnAnswer, PortAnswer } from '@/features/product/queries';
import { freshness, lengthOfTime, seeing, seenOf, starterQuery } from '@/features/product/seeing';

function column(name: string, sees = 'clear', more: Partial<ColumnAnswer> = {}): ColumnAnswer {
  return {
    name,
    description: '',
    type: 'string',
    required: false,
    unique: false,
    tags: [],
    sees,
    ...more,
  };
}

function port(columns: ColumnAnswer[], more: Partial<PortAnswer> = {}): PortAnswer {
  return {
    name: 'loyalty.members.profiles',
    description: '',
    kind: 'full',
    contract: { id: 'c', version: '1.0.0' },
    columns,
    primaryKey: [],
    foreignKeys: [],
    file: 'f',
    readable: true,
    hidesRows: false,
    release: 1,
    at: '2026-01-01T00:00:00Z',
    quality: { passed: 0, failed: 0, unknown: 0 },
    serviceLevels: [],
    ...more,
  };
}

describe('what is seen of a port', () => {
  test('columns are counted by how they are seen', () => {
    const columns = [
      column('a'),
      column('b', 'masked'),
      column('c', 'hidden'),
      column('d', 'denied'),
    ];
    expect(seenOf(columns)).toEqual({ all: 4, clear: 1, masked: 1, hidden: 1, denied: 1 });
  });

  test('a mask is told in its words', () => {
    expect(seeing(column('email', 'masked', { mask: 'hash' }))).toEqual({
      tone: 'masked',
      text: 'Masked: hash',
    });
  });
});

test('a length of time is told in whole units', () => {
  expect(lengthOfTime(604_800_000)).toBe('7 days');
  expect(lengthOfTime(129_600_000)).toBe('36 hours');
  expect(lengthOfTime(3_600_000)).toBe('1 hour');
  expect(lengthOfTime(1500)).toBe('1.5 seconds');
});

describe('the starter query', () => {
  test('names what is read in clear, the key first, and never everything', () => {
    const columns = [
      column('email', 'masked'),
      column('tier'),
      column('id', 'clear', { primaryKeyPosition: 1 }),
    ];
    expect(starterQuery(port(columns))).toBe(
      'SELECT id, tier, email\nFROM loyalty.members.profiles\nLIMIT 100',
    );
  });

  test('is none where nothing may be read', () => {
    expect(starterQuery(port([column('a', 'denied')], { readable: false }))).toBe('');
  });
});

describe('freshness', () => {
  const level = (outcome: string) => ({ name: 'freshness', outcome, at: '2026-01-01T00:00:00Z' });

  test('one promise that is not kept is enough', () => {
    expect(freshness([port([], { serviceLevels: [level('passed'), level('failed')] })])).toBe(
      'broken',
    );
  });

  test('without a promise there is no answer', () => {
    expect(freshness([port([])])).toBeNull();
  });

  test('how queries are answered says nothing of it', () => {
    const available = { ...level('failed'), name: 'availability' };
    expect(freshness([port([], { serviceLevels: [level('passed'), available] })])).toBe('kept');
    expect(freshness([port([], { serviceLevels: [available] })])).toBeNull();
  });

  test('what was not measured is not kept', () => {
    expect(freshness([port([], { serviceLevels: [level('unknown')] })])).toBe('unknown');
  });
});
