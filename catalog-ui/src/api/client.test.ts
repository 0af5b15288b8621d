import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { api, fetchRaw, read, serverBase, setCsrf } from '@/api/client';
import { ApiProblem } from '@/api/problem';
import { signIn } from '@/api/session';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  server.resetHandlers();
  setCsrf(null);
  document.querySelector('base')?.remove();
});
afterAll(() => server.close());

const session = {
  signedIn: true,
  me: { principal: 'ana', kind: 'user', groups: [], flight: 'grpc://127.0.0.1:8815' },
  csrf: 'secret-of-the-session',
  signIn: { demo: [], oidc: null },
  pages: [],
  toDecide: 1,
  mesh: 'demo',
  environment: null,
  version: '0.1.0',
};

test('what changes something carries the token of the session, what reads does not', async () => {
  const seen: (string | null)[] = [];
  server.use(
    http.post('*/api/v1/session', () => HttpResponse.json(session)),
    http.get('*/api/v1/session', ({ request }) => {
      seen.push(request.headers.get('x-weft-csrf'));
      return HttpResponse.json(session);
    }),
    http.delete('*/api/v1/session', ({ request }) => {
      seen.push(request.headers.get('x-weft-csrf'));
      return HttpResponse.json({ ...session, signedIn: false, me: null, csrf: null });
    }),
  );
  await signIn({ demo: 'ana' });
  await api.GET('/api/v1/session');
  await api.DELETE('/api/v1/session');
  expect(seen).toEqual([null, 'secret-of-the-session']);
});

test('a refusal becomes a problem with code and trace', async () => {
  server.use(
    http.get('*/api/v1/session', () =>
      HttpResponse.json(
        {
          title: 'over the limit',
          status: 429,
          detail: 'ask later',
          code: 'W0905',
          trace_id: 't1',
        },
        { status: 429, headers: { 'content-type': 'application/problem+json' } },
      ),
    ),
  );
  const refusal = await read(api.GET('/api/v1/session')).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ApiProblem);
  expect((refusal as ApiProblem).problem).toMatchObject({ code: 'W0905', trace_id: 't1' });
  expect((refusal as ApiProblem).worthRetrying).toBe(true);
});

test('a server that does not answer is a problem too', async () => {
  server.use(http.get('*/api/v1/session', () => HttpResponse.error()));
  const refusal = await read(api.GET('/api/v1/session')).catch((error: unknown) => error);
  expect((refusal as ApiProblem).unreachable).toBe(true);
});

test('an answer that is no problem document still tells its status', async () => {
  server.use(http.get('*/x', () => new HttpResponse('bad gateway', { status: 502 })));
  const refusal = await fetchRaw('/x').catch((error: unknown) => error);
  expect((refusal as ApiProblem).problem.status).toBe(502);
});

test('the server is where the base of the page says', () => {
  const base = document.head.appendChild(document.createElement('base'));
  base.href = 'https://mesh.example/behind/a/prefix/';
  expect(serverBase()).toBe('https://mesh.example/behind/a/prefix');
});
