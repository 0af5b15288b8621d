import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Me } from '@/features/me/me';
import { renderInCatalog } from '@/test/render';
import { setSingleKeys, singleKeysOn } from '@/ui/keyboard/shortcuts';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() =>
  server.use(
    http.get('*/api/v1/access/requests', () => HttpResponse.json({ items: [], next: null })),
  ),
);
afterEach(() => {
  server.resetHandlers();
  setSingleKeys(true);
});
afterAll(() => server.close());

test('a token is made for as long as was chosen, and stays hidden until it is shown', async () => {
  const asked: unknown[] = [];
  server.use(
    http.post('*/api/v1/tokens', async ({ request }) => {
      asked.push(await request.json());
      return HttpResponse.json({ token: 'eyJ.secret', until: '2026-11-26T10:00:00Z' });
    }),
  );
  await renderInCatalog(<Me />);
  await userEvent.click(screen.getByRole('button', { name: 'Make a token' }));
  expect(await screen.findByText('Your token')).toBeVisible();
  expect(asked).toEqual([{ seconds: 3600 }]);
  expect(screen.queryByText('eyJ.secret')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Show' }));
  expect(screen.getByText('eyJ.secret')).toBeVisible();
});

test('single keys can be turned off', async () => {
  await renderInCatalog(<Me />);
  await userEvent.click(screen.getByRole('switch', { name: 'Single-key shortcuts' }));
  expect(singleKeysOn()).toBe(false);
});

test('without grants it says by what one sees what one sees', async () => {
  await renderInCatalog(<Me />);
  expect(await screen.findByText('Nothing was granted to you')).toBeVisible();
});
