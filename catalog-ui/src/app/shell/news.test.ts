import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test, vi } from 'vitest';
import { madeOldBy, makeOld } from '@/app/shell/news';

test('a decision on access makes old what shows who may see what', () => {
  expect(madeOldBy('request.approved')).toEqual(expect.arrayContaining(['requests', 'product']));
  expect(madeOldBy('grant.revoked')).toEqual(expect.arrayContaining(['requests', 'product']));
});

test('a release makes old what is told of its product, and what is found', () => {
  expect(madeOldBy('release.published')).toEqual(expect.arrayContaining(['product', 'search']));
});

test('a run makes nothing old that it has not released yet', () => {
  expect(madeOldBy('run.began')).not.toContain('product');
});

test('a first answer that was on its way as an event came is asked for once more', async () => {
  const client = new QueryClient();
  let answer: (runs: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => (answer = resolve));
  const queryFn = vi.fn().mockReturnValueOnce(first).mockResolvedValue('with the run');
  const shown = new QueryObserver(client, { queryKey: ['runs', 50], queryFn });
  const stop = shown.subscribe(() => undefined);
  makeOld(client, ['runs']);
  answer('without the run');
  await vi.waitFor(() => expect(shown.getCurrentResult().data).toBe('with the run'));
  expect(queryFn).toHaveBeenCalledTimes(2);
  stop();
});
