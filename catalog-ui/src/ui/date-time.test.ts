import { expect, test } from 'vitest';
import { formatDuration, fromNow } from '@/ui/date-time';

const now = new Date('2026-11-26T12:00:00Z');

test.each([
  ['2026-11-26T11:59:40Z', 'now'],
  ['2026-11-26T11:55:00Z', '5 minutes ago'],
  ['2026-11-26T09:00:00Z', '3 hours ago'],
  ['2026-11-28T12:00:00Z', 'in 2 days'],
  ['2025-11-20T12:00:00Z', 'last year'],
])('%s is %s', (at, expected) => {
  expect(fromNow(new Date(at), now)).toBe(expected);
});

test.each([
  [0, '0 s'],
  [45, '45 s'],
  [7800, '2 h 10 min'],
  [86_400 * 3, '3 d'],
])('%d seconds are %s', (seconds, expected) => {
  expect(formatDuration(seconds)).toBe(expected);
});
