import { type Browser, type BrowserContext, type BrowserContextOptions, expect, type Page, test as base } from '@playwright/test';
import { Guards } from './guards.ts';
import { Mesh } from './mesh.ts';

interface Fixtures {
  guards: Guards;
  /** A browser of somebody's own, signed in as them and at the first page unless told otherwise. */
  as: (name: string, options?: BrowserContextOptions) => Promise<Page>;
  /** A browser in which nobody is signed in yet. */
  stranger: (options?: BrowserContextOptions) => Promise<Page>;
}

interface WorkerFixtures {
  mesh: Mesh;
}

/** Tests whose pages are guarded: a fault that no test has asked for fails the test in which it shows. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  mesh: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads what a fixture needs from this pattern
    async ({}, use) => {
      const mesh = await Mesh.start();
      await use(mesh);
      await mesh.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: as above
  guards: async ({}, use) => {
    const guards = new Guards();
    await use(guards);
    expect(guards.unexpected(), 'what no page may do').toEqual([]);
  },

  stranger: async ({ browser, mesh, guards }, use) => {
    const open = contexts(browser, guards, [mesh.http]);
    await use(async (options) => (await open.make({ baseURL: mesh.http, ...options })).newPage());
    await open.close();
  },

  as: async ({ browser, mesh, guards }, use) => {
    const open = contexts(browser, guards, [mesh.http]);
    await use(async (name, options) => {
      const context = await open.make({ baseURL: mesh.http, ...options });
      const signedIn = await context.request.post('/api/v1/session', { data: { demo: name } });
      expect(signedIn.ok(), `${name} signs in`).toBe(true);
      return context.newPage();
    });
    await open.close();
  },
});

function contexts(browser: Browser, guards: Guards, hosts: readonly string[]) {
  const made: BrowserContext[] = [];
  return {
    async make(options: BrowserContextOptions): Promise<BrowserContext> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      await guards.watch(context, hosts);
      made.push(context);
      return context;
    },
    async close(): Promise<void> {
      await Promise.all(made.map((context) => context.close()));
    },
  };
}

export { expect } from '@playwright/test';
