import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Mesh } from './support/mesh.ts';
import { IdentityProvider } from './support/provider.ts';
import { expect, test as base } from './support/test.ts';

const test = base.extend<{ page: Page }, { house: { mesh: Mesh; provider: IdentityProvider } }>({
  house: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads what a fixture needs from this pattern
    async ({}, use) => {
      const provider = await IdentityProvider.start();
      const file = join(mkdtempSync(join(tmpdir(), 'weft-secret-')), 'secret');
      writeFileSync(file, 'of the client\n');
      const mesh = await Mesh.start(({ mesh, home }) =>
        [
          `mesh = "${mesh}"`,
          `home = "${home}"`,
          'http = "127.0.0.1:0"',
          'flight = "127.0.0.1:0"',
          'base_path = "/weft"',
          '[oidc]',
          'name = "House"',
          `issuer = "${provider.issuer}"`,
          'client_id = "weft"',
          `client_secret = "${file}"`,
          'name_claim = "sub"',
        ].join('\n'),
      );
      provider.serve({ id: 'weft', secret: 'of the client', callback: `${mesh.http}/auth/callback` });
      await use({ mesh, provider });
      await mesh.stop();
      await provider.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  page: async ({ browser, house, guards }, use) => {
    const context = await browser.newContext();
    await guards.watch(context, [new URL(house.mesh.http).origin, house.provider.issuer]);
    await use(await context.newPage());
    await context.close();
  },
});

/** Says who they are at the provider, and lets the mesh know. */
async function signInAt(page: Page, name: string): Promise<void> {
  await page.getByLabel('Who are you?').fill(name);
  await page.getByRole('button', { name: 'Go on' }).click();
}

test('an identity provider proves who somebody is, and they land where they wanted to go', async ({ page, house }) => {
  await page.goto(`${house.mesh.http}/p/loyalty/members?tab=schema`);
  await page.getByRole('button', { name: 'Sign in with House' }).click();
  await signInAt(page, 'dana');
  await expect(page).toHaveURL(`${house.mesh.http}/p/loyalty/members?tab=schema`);
  await expect(page.getByRole('row', { name: /email/ })).toContainText('Masked');

  await page.getByRole('button', { name: /^dana: / }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to the mesh' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Sign in to the mesh' })).toBeVisible();
});

test('an answer with another state signs nobody in, and the page says so', async ({ page, house }) => {
  await page.goto(`${house.mesh.http}/`);
  await page.getByRole('button', { name: 'Sign in with House' }).click();
  await expect(page.getByLabel('Who are you?')).toBeVisible();
  await page.goto(`${house.mesh.http}/auth/callback?code=guessed&state=guessed`);
  await expect(page.getByText('Signing in failed')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Sign in to the mesh' })).toBeVisible();
});
