import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Docs } from '@/features/docs/docs';
import { errorPages } from '@/features/docs/error-pages';
import { find } from '@/features/docs/find';
import { byTag, fieldsOf, type OpenApi, typeInWords } from '@/features/docs/openapi';
import { renderInCatalog } from '@/test/render';
import { glossary } from '@/words/glossary';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

describe('the manual', () => {
  test('has a page with a title for every code', () => {
    expect(errorPages.length).toBeGreaterThan(100);
    for (const page of errorPages) {
      expect(page.code).toMatch(/^W\d{4}$/);
      expect(page.title).not.toBe(page.code);
      expect(page.body.trim()).not.toBe('');
    }
  });

  test('shows a code with its example, whatever its letters were', async () => {
    await renderInCatalog(<Docs path="errors/w0320" />);
    expect(await screen.findByText('A request for access cannot be made as it is')).toBeVisible();
    expect(screen.getByText('weft explain W0320')).toBeVisible();
  });

  test('finds pages by what they say, a code by itself first', async () => {
    expect(find('W0320', errorPages, glossary)[0]).toMatchObject({ to: 'errors/W0320' });
    expect(find('mask', errorPages, glossary).some(({ to }) => to === 'glossary#mask')).toBe(true);
    await renderInCatalog(<Docs path="" />);
    await userEvent.type(screen.getByRole('searchbox'), 'qwertz');
    expect(await screen.findByText('Nothing in the manual matches “qwertz”')).toBeVisible();
  });

  test('says so when there is no such page', async () => {
    await renderInCatalog(<Docs path="no/such" />);
    expect(screen.getByText('There is no such page in the manual')).toBeVisible();
  });
});

const api: OpenApi = {
  info: { title: 'Weft', version: 'v1' },
  paths: {
    '/api/v1/ports/{port}': {
      get: {
        summary: 'Shows one port.',
        tags: ['catalog'],
        responses: {
          200: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Port' } } },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Named: { properties: { name: { type: 'string' } }, required: ['name'] },
      Port: {
        allOf: [
          { $ref: '#/components/schemas/Named' },
          { properties: { rows: { type: ['integer', 'null'], format: 'int64' } } },
        ],
      },
    },
  },
};

describe('the API reference', () => {
  test('lists the fields of all that an answer is made of', () => {
    expect(fieldsOf(api, { $ref: '#/components/schemas/Port' })).toEqual([
      { name: 'name', type: 'string', required: true, description: '' },
      { name: 'rows', type: 'integer (int64) or null', required: false, description: '' },
    ]);
    expect(typeInWords({ type: 'array', items: { $ref: '#/components/schemas/Port' } })).toBe(
      'Port[]',
    );
  });

  test('is filtered by words of paths and summaries', () => {
    expect(byTag(api, 'port shows')).toHaveLength(1);
    expect(byTag(api, 'nothing')).toEqual([]);
  });

  test('opens an operation with its answers and a call to copy', async () => {
    server.use(http.get('*/openapi.json', () => HttpResponse.json(api)));
    await renderInCatalog(<Docs path="api" />);
    await userEvent.click(await screen.findByRole('button', { name: /ports/ }));
    expect(await screen.findByText('rows')).toBeVisible();
    expect(screen.getByText(/authorization: Bearer \$WEFT_TOKEN/)).toBeVisible();
  });
});
