/** Written by hand until `npm run api` can read platform/docs/openapi.json; only the session is here. */
export interface Session {
  signedIn: boolean;
  me: { principal: string; kind: string; groups: string[]; flight: string } | null;
  csrf: string | null;
  signIn: {
    demo: { name: string; description: string }[];
    oidc: { name: string; href: string } | null;
  };
  mesh: string;
  environment: string | null;
  version: string;
}

type Answer<T> = { headers: Record<string, unknown>; content: { 'application/json': T } };

export interface components {
  schemas: { Session: Session };
}

export interface paths {
  '/api/v1/session': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: { 200: Answer<Session> };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': { demo?: string; token?: string } } };
      responses: { 200: Answer<Session> };
    };
    delete: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: { 200: Answer<Session> };
    };
  };
}
