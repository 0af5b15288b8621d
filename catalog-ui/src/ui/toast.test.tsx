import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { showToast, ToastRegion } from '@/ui/toast';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('plain news goes away, a decision stays until it is answered', async () => {
  render(<ToastRegion />);
  act(() => {
    showToast({ title: 'Saved' });
    showToast({ title: 'Dana asks for email', action: { label: 'Review', onAction: () => {} } });
  });
  expect(screen.getByText('Saved')).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(screen.queryByText('Saved')).toBeNull();
  expect(screen.getByText('Dana asks for email')).toBeVisible();
});
