import { expect, test } from 'vitest';
import { everyDay } from '@/features/product/usage-tab';

test('ninety days end today, and days without queries count nothing', () => {
  const days = everyDay(
    [{ day: '2026-11-25', queries: 7, principals: 2 }],
    new Date('2026-11-26T10:00:00Z'),
  );
  expect(days).toHaveLength(90);
  expect(days.at(-1)).toEqual({ day: '2026-11-26', queries: 0 });
  expect(days.at(-2)).toEqual({ day: '2026-11-25', queries: 7 });
});
