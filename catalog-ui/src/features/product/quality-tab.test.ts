import { expect, test } from 'vitest';
import { measured, threshold } from '@/features/product/quality-tab';

test.each([
  [438_691_966.955, 'must be below 3153600000 s', '5077 d 10 h', 'below 36500 d'],
  [2.451, 'must be below 5 %', '2.451 %', 'below 5 %'],
  [0, 'must be 0', '0', '0'],
  [null, null, '–', '–'],
])('%d, %s reads as %s, %s', (value, bound, shownValue, shownBound) => {
  expect(measured({ measured: value, threshold: bound })).toBe(shownValue);
  expect(threshold(bound)).toBe(shownBound);
});
