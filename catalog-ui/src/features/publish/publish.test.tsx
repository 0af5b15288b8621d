import { screen } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Commit } from '@/features/publish/commit';
import { fixCommand, placeOf } from '@/features/publish/diagnostics';
import type { Diagnostic, RevisionStory } from '@/features/publish/queries';
import { Runs } from '@/features/publish/runs';
import { counts, formatMs, tookMs } from '@/features/publish/states';
import { renderInCatalog } from '@/test/render';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const sha = '4f2c1aa0123456789abcdef0123456789abcdef0';
const wrong: Diagnostic = {
  code: 'W0433',
  severity: 'error',
  message: '`sekret` is not a classification of this mesh',
  file: 'products/aviation/schedule/contracts/routes.odcs.yaml',
  line: 57,
  column: 25,
  help: 'write one of `public`, `internal`',
  product: 'aviation.schedule',
};

function step(name: string, state: string, more = {}): RevisionStory['steps'][number] {
  return {
    name,
    state,
    detail: '',
    at: null,
    durationMs: null,
    diagnostics: [],
    ports: [],
    ...more,
  };
}

function story(state: string, steps: RevisionStory['steps'], sentence = ''): RevisionStory {
  return {
    revision: sha,
    author: 'K. Sato',
    committedAt: null,
    signature: null,
    state,
    sentence,
    steps,
    runs: [],
  };
}

const answer = (body: RevisionStory) =>
  server.use(http.get(`*/api/v1/revisions/${sha}`, () => HttpResponse.json(body)));

describe('a commit', () => {
  test('that was refused says what stays live first, and where it is wrong', async () => {
    answer(
      story(
        'refused',
        [
          step('fetched', 'done'),
          step('valid', 'failed', { diagnostics: [wrong] }),
          step('tables', 'skipped'),
        ],
        'It was refused and nothing was changed: what was served before stays live.',
      ),
    );
    await renderInCatalog(<Commit sha={sha} />);
    expect(await screen.findByText(/what was served before stays live/)).toBeVisible();
    expect(screen.getByText(`${wrong.file}:57:25`)).toBeVisible();
    expect(screen.getByRole('link', { name: 'What W0433 means' })).toHaveAttribute(
      'href',
      '/docs/errors/W0433',
    );
    expect(screen.getByText('weft explain W0433')).toBeVisible();
    expect(screen.getByRole('heading', { name: 'Valid (failed)' })).toBeVisible();
  });

  test('that runs shows which step it is at', async () => {
    answer(
      story('running', [
        step('fetched', 'done'),
        step('valid', 'running'),
        step('live', 'waiting'),
      ]),
    );
    await renderInCatalog(<Commit sha={sha} />);
    expect(await screen.findByRole('heading', { name: 'Valid (running)' })).toBeVisible();
    expect(screen.getByText(/Followed live/)).toBeVisible();
  });

  test('that is live offers its link and the way to connect', async () => {
    const port = {
      port: 'aviation.schedule.routes',
      change: 'refresh',
      status: 'succeeded',
      message: null,
      rows: 439,
      tableVersion: 1,
      startedAt: null,
      endedAt: null,
      durationMs: 168,
    };
    answer(story('live', [step('tables', 'done', { ports: [port] }), step('live', 'done')]));
    await renderInCatalog(<Commit sha={sha} />);
    expect(await screen.findByRole('button', { name: 'Copy link to this page' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Connect' })).toHaveAttribute(
      'href',
      '/connect?port=aviation.schedule.routes',
    );
    expect(screen.getByText('439')).toBeVisible();
  });

  test('that nobody knows yet is waited for', async () => {
    server.use(
      http.get(`*/api/v1/revisions/${sha}`, () =>
        HttpResponse.json(
          { title: 'not found', status: 404, code: 'W0905' },
          { status: 404, headers: { 'content-type': 'application/problem+json' } },
        ),
      ),
    );
    await renderInCatalog(<Commit sha={sha} />);
    expect(await screen.findByText('Nothing is known of this commit yet')).toBeVisible();
  });
});

test('the list of an empty mesh says what will come', async () => {
  server.use(http.get('*/api/v1/runs', () => HttpResponse.json({ items: [], next: null })));
  await renderInCatalog(<Runs state={undefined} />);
  expect(await screen.findByText('Nothing was published yet')).toBeVisible();
});

test('the command that fixes sees the same files, and the first error', () => {
  const warning: Diagnostic = { ...wrong, severity: 'warning', code: 'W0101' };
  expect(fixCommand([warning, wrong], sha)).toBe(
    'git switch --detach 4f2c1aa01234\nweft validate\nweft explain W0433',
  );
  expect(counts([warning, wrong])).toEqual({ errors: 1, warnings: 1 });
});

test('a problem of a whole file names no line', () => {
  expect(placeOf({ ...wrong, line: 0 })).toBe(wrong.file);
});

test('times are told as people say them', () => {
  expect([204, 1234, 38_400, 125_000].map(formatMs)).toEqual([
    '204 ms',
    '1.2 s',
    '38 s',
    '2 min 5 s',
  ]);
  expect(tookMs('2026-11-26T09:00:00Z', null)).toBeNull();
  expect(tookMs('2026-11-26T09:00:00Z', '2026-11-26T09:00:02Z')).toBe(2000);
});
