import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';

/** An identity provider on this machine that believes whoever says who they are. */
export class IdentityProvider {
  private constructor(
    readonly issuer: string,
    private readonly answer: (listener: RequestListener) => void,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<IdentityProvider> {
    let listener: RequestListener = (_, response) => response.writeHead(503).end();
    const server = createServer((request, response) => listener(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const stop = () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    const answer = (other: RequestListener) => {
      listener = other;
    };
    return new IdentityProvider(`http://127.0.0.1:${port}`, answer, stop);
  }

  /** Begins to answer for a client that is known only now: what it calls back has a port of its own. */
  serve(client: { id: string; secret: string; callback: string }): void {
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [client.callback] }],
      claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
      cookies: { keys: ['of the tests'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/who/${uid}` },
      jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'one' }] },
      // Nobody is asked what the client may know of them.
      loadExistingGrant: granted,
      pkce: { required: () => true },
    });
    const callback = provider.callback();
    this.answer((request, response) => {
      if (request.url === '/favicon.ico') response.writeHead(204).end();
      else if (request.url?.startsWith('/who/')) void who(provider, request, response);
      else callback(request, response);
    });
  }
}

/** A form that asks who somebody is, and takes their word for it. */
async function who(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    const accountId = new URLSearchParams(await text(request)).get('name') ?? '';
    await provider.interactionFinished(request, response, { login: { accountId } });
    return;
  }
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>House</title><form method="post"><label>Who are you? <input name="name"></label><button>Go on</button></form>');
}

interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}

async function granted({ oidc }: {
  oidc: {
    provider: { Grant: new (of: { clientId: string; accountId: string }) => Grant };
    client: { clientId: string };
    session: { accountId: string };
  };
}): Promise<Grant> {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope('openid profile email');
  await grant.save();
  return grant;
}
