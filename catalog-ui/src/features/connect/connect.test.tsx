import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connect } from '@/features/connect/connect';
import { withToken } from '@/features/connect/with-token';
import { renderInCatalog } from '@/test/render';

/** Waits for a problem with this code. */
async function problem(code: string) {
  expect(await screen.findByText(`Code ${code}`)).toBeVisible();
}

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const connections = {
  port: 'a.b.c',
  flight: 'grpc://127.0.0.1:8815',
  http: 'http://127.0.0.1:8080',
  clients: [
    { client: 'curl', title: 'curl', language: 'shell', text: 'curl "x"\n', install: '' },
    {
      client: 'jdbc',
      title: 'JDBC',
      language: 'text',
      text: 'jdbc:x?token=$WEFT_TOKEN\n',
      install: 'the driver',
    },
  ],
};
const token = 'head.body.sign-ature_1';

beforeEach(() => {
  server.use(
    http.get('*/api/v1/connect', () => HttpResponse.json(connections)),
    http.get('*/api/v1/products', () => HttpResponse.json({ items: [], next: null })),
    http.get('*/health/ready', () => new HttpResponse('ok')),
    http.post('*/api/v1/tokens', () =>
      HttpResponse.json({ token, until: '2026-11-26T22:00:00Z' }, { status: 201 }),
    ),
  );
});

async function show(client: string | null = null) {
  await renderInCatalog(
    <Connect client={client} port="a.b.c" onClient={() => {}} onPort={() => {}} />,
  );
  return userEvent.setup();
}

describe('connecting', () => {
  test('shows one client at a time, with what to install', async () => {
    await show('jdbc');
    expect(await screen.findByText('the driver')).toBeVisible();
    expect(screen.getByText('jdbc:x?token=$WEFT_TOKEN')).toBeVisible();
    expect(screen.queryByText('curl "x"')).toBeNull();
  });

  test('a client that the server has no text for is told apart', async () => {
    await show('abacus');
    expect(await screen.findByText('No client is called “abacus”')).toBeVisible();
  });

  test('a token is made only when asked for, and only the clipboard gets it', async () => {
    const user = await show();
    const card = await screen.findByRole('region', { name: 'Token' });
    expect(within(card).queryByRole('button', { name: 'Copy token' })).toBeNull();
    await user.click(within(card).getByRole('button', { name: 'Make a token' }));
    await user.click(await within(card).findByRole('button', { name: 'Copy token' }));
    expect(await navigator.clipboard.readText()).toBe(token);
    expect(document.body.textContent).not.toContain(token);
  });

  test('a token that is refused says why', async () => {
    server.use(
      http.post('*/api/v1/tokens', () =>
        HttpResponse.json({ title: 'not allowed', status: 403, code: 'W0301' }, { status: 403 }),
      ),
    );
    const user = await show();
    await user.click(await screen.findByRole('button', { name: 'Make a token' }));
    await problem('W0301');
  });

  test('texts that do not come are a problem, and the rest of the page works', async () => {
    server.use(
      http.get('*/api/v1/connect', () =>
        HttpResponse.json({ title: 'broken', status: 500, code: 'W0901' }, { status: 500 }),
      ),
    );
    await show();
    await problem('W0901');
    expect(screen.getByRole('button', { name: 'Test now' })).toBeEnabled();
  });
});

describe('the test of a connection', () => {
  const steps = async () => {
    const card = await screen.findByRole('region', { name: 'Test now' });
    return within(card)
      .getAllByRole('listitem')
      .map((item) => item.textContent ?? '');
  };

  test('asks with a token of its own and no cookie, and tells each step', async () => {
    const asked: (string | null)[] = [];
    server.use(
      http.post('*/api/v1/sql', async ({ request }) => {
        asked.push(
          request.headers.get('authorization'),
          ((await request.json()) as { sql: string }).sql,
        );
        expect(request.credentials).toBe('omit');
        return HttpResponse.json({ rows: [[1]] });
      }),
    );
    const user = await show();
    await user.click(await screen.findByRole('button', { name: 'Test now' }));
    await vi.waitFor(async () => expect((await steps())[3]).toMatch(/one row came back/));
    expect(asked).toEqual([
      `Bearer ${token}`,
      'SELECT 1',
      `Bearer ${token}`,
      'SELECT * FROM a.b.c LIMIT 1',
    ]);
  });

  test('stops at what fails and does not try the rest', async () => {
    server.use(
      http.post('*/api/v1/sql', () =>
        HttpResponse.json({ title: 'busy', status: 429, code: 'W0216' }, { status: 429 }),
      ),
    );
    const user = await show();
    await user.click(await screen.findByRole('button', { name: 'Test now' }));
    await problem('W0216');
    expect((await steps())[3]).toMatch(/not tried/);
  });
});

test.each([
  ['python', `f"Bearer {os.environ['WEFT_TOKEN']}"`, `f"Bearer {'${token}'}"`],
  ['shell', 'curl', `export WEFT_TOKEN=${token}\ncurl`],
  ['text', 'jdbc:x?token=$WEFT_TOKEN', `jdbc:x?token=${token}`],
])('a token in a text of %s', (language, text, expected) => {
  expect(withToken({ language, text }, token)).toBe(expected);
});
