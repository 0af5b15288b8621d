import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { columnFromArray, int32, tableFromColumns, tableToIPC, utf8 } from '@uwdata/flechette';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { renderInCatalog } from '@/test/render';

// The editor needs a layout; what it is given and what it tells is all that matters here.
vi.mock('@/features/sql/editor', () => ({
  EditorMemory: class {
    states = new Map();
  },
  Editor: (props: { value: string; onChange: (text: string) => void; fault: unknown }) => (
    <textarea
      aria-label="SQL statement"
      data-fault={props.fault === null ? undefined : JSON.stringify(props.fault)}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
    />
  ),
}));
const { Workbench } = await import('@/features/sql/workbench');

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const column = (name: string, type: string, sees = 'clear') => ({
  name,
  type,
  sees,
  mask: sees === 'masked' ? 'hash' : null,
  description: '',
  required: false,
  unique: false,
  tags: [],
});
const port = {
  name: 'sales.orders.lines',
  description: '',
  kind: 'full',
  readable: true,
  primaryKey: [],
  columns: [column('status', 'string'), column('email', 'string', 'masked')],
};
const product = { name: 'sales.orders', owner: 'sales', ports: [port], purposes: ['reporting'] };

beforeEach(() => {
  localStorage.clear();
  server.use(
    http.get('*/api/v1/products', () => HttpResponse.json({ items: [product], next: null })),
    http.get('*/api/v1/products/*', () => HttpResponse.json(product)),
    http.get('*/api/v1/ports/*', () => HttpResponse.json(port)),
    http.get('*/api/v1/connect', () => HttpResponse.json({ clients: [] })),
  );
});

function rows(metadata: Record<string, string> = {}): BodyInit {
  const table = tableFromColumns([
    ['status', columnFromArray(['open', 'sent'], utf8())],
    ['n', columnFromArray([3, 4], int32())],
  ]);
  const schema = { ...table.schema, metadata: new Map(Object.entries(metadata)) };
  Object.assign(table, { schema });
  return tableToIPC(table, { format: 'stream' }) as Uint8Array<ArrayBuffer>;
}

function answers(body: BodyInit, headers: Record<string, string> = {}) {
  const asked: unknown[] = [];
  server.use(
    http.post('*/api/v1/sql', async ({ request }) => {
      asked.push(await request.json());
      return new HttpResponse(body, {
        headers: {
          'content-type': 'application/vnd.apache.arrow.stream',
          'x-weft-query-id': 'q-1',
          date: 'Thu, 26 Nov 2026 20:00:00 GMT',
          ...headers,
        },
      });
    }),
  );
  return asked;
}

async function show(start = {}) {
  const onTab = vi.fn();
  await renderInCatalog(<Workbench start={start} onTab={onTab} />);
  return { user: userEvent.setup(), onTab };
}

const statement = () => screen.getByRole('textbox', { name: 'SQL statement' });
const run = () => screen.getByRole('button', { name: /^Run/ });

describe('the SQL workbench', () => {
  test('comes from a port with a first query of it, and does not run it', async () => {
    const { onTab } = await show({ port: 'sales.orders.lines' });
    await vi.waitFor(() =>
      expect(statement()).toHaveValue(
        'SELECT status, count(*) AS row_count\nFROM sales.orders.lines\nGROUP BY status\nORDER BY row_count DESC',
      ),
    );
    expect(onTab).toHaveBeenLastCalledWith('q1');
    expect(screen.getByRole('tab', { name: /lines/ })).toHaveAttribute('aria-selected', 'true');
  });

  test('asks with limit, purpose and instant of the link, and tells how it went', async () => {
    const asked = answers(rows());
    const { user } = await show({
      q: 'SELECT 1',
      purpose: 'reporting',
      asOf: '2026-11-26T19:00:00Z',
    });
    await user.click(run());
    expect(await screen.findByText('2 rows')).toBeVisible();
    expect(asked).toEqual([
      { sql: 'SELECT 1', limit: 10_000, purpose: 'reporting', asOf: '2026-11-26T19:00:00.000Z' },
    ]);
    const grid = await screen.findByRole('grid', { name: 'Rows of the answer' });
    expect(grid).toHaveAttribute('aria-rowcount', '3');
    expect(grid).toHaveAttribute('aria-colcount', '3');
  });

  test('its link finds the same rows again, at the instant of the answer', async () => {
    answers(rows());
    const { user } = await show({ q: 'SELECT 1' });
    await user.click(run());
    await user.click(await screen.findByRole('button', { name: 'Copy link' }));
    const link = new URL(await navigator.clipboard.readText());
    expect(link.searchParams.get('q')).toBe('SELECT 1');
    expect(link.searchParams.get('as_of')).toBe('2026-11-26T20:00:00.000Z');
  });

  test('says what is masked, and leads to why', async () => {
    const terms = [{ port: 'a.b.c', masks: { status: 'partial' }, hidden: [], filters: ['F1'] }];
    answers(rows({ 'weft.terms': JSON.stringify(terms) }), { 'x-weft-explain-id': 'x-7' });
    const { user } = await show({ q: 'SELECT 1' });
    await user.click(run());
    expect(await screen.findByText(/1 column masked: status \(partial\)/)).toBeVisible();
    expect(screen.getByText('rows filtered')).toBeVisible();
    const why = screen.getByRole('link', { name: 'Why?' });
    expect(why).toHaveAttribute('href', '/access/explain?id=x-7');
    await user.click(screen.getByRole('tab', { name: 'Policy applied' }));
    const card = await screen.findByRole('region', { name: 'a.b.c' });
    expect(within(card).getByText('F1')).toBeVisible();
  });

  test('a fault is shown where it lies, with what was meant', async () => {
    const detail = "No field named statuss. Did you mean 'a.b.c.status'?";
    server.use(
      http.post('*/api/v1/sql', () =>
        HttpResponse.json(
          { title: 'query not valid', status: 400, code: 'W0203', detail },
          { status: 400 },
        ),
      ),
    );
    const { user } = await show({ q: 'SELECT statuss FROM a.b.c' });
    await user.click(run());
    expect(await screen.findByText('line 1, column 8')).toBeVisible();
    expect(statement()).toHaveAttribute('data-fault', expect.stringContaining('"from":7,"to":14'));
    expect(screen.getByRole('button', { name: 'Write status instead' })).toBeVisible();
  });

  test('what is not allowed leads to why and to a request', async () => {
    const refusal = { title: 'not allowed', status: 403, code: 'W0301', explain_id: 'x-9' };
    server.use(
      http.post('*/api/v1/sql', () =>
        HttpResponse.json({ ...refusal, detail: 'you may not read `a.b.c`' }, { status: 403 }),
      ),
    );
    const { user } = await show({ q: 'SELECT x FROM a.b.c', purpose: 'reporting' });
    await user.click(run());
    const request = await screen.findByRole('link', { name: 'Request access' });
    expect(request.getAttribute('href')).toMatch(/^\/requests\?.*port=a\.b\.c&purpose=reporting$/);
    expect(screen.getByRole('link', { name: 'Why?' })).toHaveAttribute(
      'href',
      '/access/explain?id=x-9',
    );
  });

  test('a query that is cancelled ends on the server too', async () => {
    const ended: string[] = [];
    server.use(
      http.post('*/api/v1/sql', () => {
        const never = new ReadableStream({
          start: (controller) => controller.enqueue(rows() as Uint8Array),
        });
        return new HttpResponse(never, { headers: { 'x-weft-query-id': 'q-5' } });
      }),
      http.delete('*/api/v1/sql/:id', ({ params }) => {
        ended.push(String(params.id));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = await show({ q: 'SELECT 1' });
    await user.click(run());
    await screen.findByText('2 rows so far');
    const [cancel] = screen.getAllByRole('button', { name: 'Cancel' });
    if (cancel) await user.click(cancel);
    expect(
      await screen.findByText(/Cancelled/, { selector: 'main span, section span' }),
    ).toBeVisible();
    await vi.waitFor(() => expect(ended).toEqual(['q-5']));
  });

  test('keeps statements and history in this browser for their person', async () => {
    answers(rows());
    const { user } = await show({ q: 'SELECT 1 AS kept' });
    await user.click(run());
    await screen.findByText('2 rows');
    await user.click(screen.getByRole('tab', { name: 'History' }));
    expect(await screen.findByText('SELECT 1 AS kept')).toBeVisible();
    await vi.waitFor(() => {
      expect(localStorage.getItem('weft.sql.tabs.ana')).toContain('SELECT 1 AS kept');
      expect(localStorage.getItem('weft.sql.history.ana')).toContain('SELECT 1 AS kept');
    });
  });

  test('statements are tabs: Delete closes one, the last one leaves an empty one', async () => {
    const { user } = await show({ q: 'SELECT 1' });
    await user.click(screen.getByRole('button', { name: 'New statement' }));
    const strip = screen.getByRole('tablist', { name: 'Statements' });
    expect(within(strip).getAllByRole('tab')).toHaveLength(2);
    within(strip).getAllByRole('tab')[1]?.focus();
    await user.keyboard('{Delete}');
    expect(within(strip).getAllByRole('tab')).toHaveLength(1);
    within(strip).getAllByRole('tab')[0]?.focus();
    await user.keyboard('{Delete}');
    expect(statement()).toHaveValue('');
    expect(run()).toBeDisabled();
  });
});

describe('the tree of names', () => {
  const open = async () => {
    const { user } = await show();
    await user.click(screen.getByRole('button', { name: 'Show names' }));
    return user;
  };

  test('shows how each column is seen once a port is opened', async () => {
    const user = await open();
    const row = await screen.findByRole('row', { name: 'lines' });
    await user.click(row);
    expect(await screen.findByRole('row', { name: 'email' })).toHaveTextContent(/masked/);
    expect(screen.getByRole('row', { name: 'status' })).not.toHaveTextContent(/masked/);
  });

  test('of somebody who may discover nothing says so', async () => {
    server.use(http.get('*/api/v1/products', () => HttpResponse.json({ items: [], next: null })));
    await open();
    expect(await screen.findByText('Nothing to query yet')).toBeVisible();
  });

  test('that does not come is a problem of its own', async () => {
    server.use(
      http.get('*/api/v1/products', () =>
        HttpResponse.json({ title: 'broken', status: 500, code: 'W0901' }, { status: 500 }),
      ),
    );
    await open();
    expect(await screen.findByText('Code W0901')).toBeVisible();
    expect(statement()).toBeEnabled();
  });
});
