import { expect, test } from 'vitest';
import { measured, threshold } from '@/features/product/quality-tab';

test.each([
  [438_691_966.955, 'must be below 3153600000 s', '5077 d 10 h', 'below 36500 d'],
  [2.451, 'must be below 5 %', '2.451 %', 'below 5 %'],
  [0, 'must be 0', '0', '0'],
  [0.0234, 'must be at most 0.5 s', '0.023 s', 'at most 0.5 s'],
  [1234.5, 'must be at least 1000 rows/s', '1,234.5', 'at least 1000 rows/s'],
  [null, null, '–', '–'],
])('%d, %s reads as %s, %s', (value, bound, shownValue, shownBound) => {
  expect(measured({ measured: value, threshold: bound })).toBe(shownValue);
  expect(threshold(bound)).toBe(shownBound);
});
