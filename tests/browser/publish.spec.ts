import type { Page } from '@playwright/test';
import { tabTo } from './support/keys.ts';
import type { Mesh } from './support/mesh.ts';
import { expect, test } from './support/test.ts';

const product = 'products/aviation/flights/product.odps.yaml';
const purpose = (page: Page) => page.locator('main header').getByText('Flights as the source records them');

/** Pushes the product with another first word of its purpose, and with whatever `more` makes of the text. */
function push(mesh: Mesh, message: string, word: string, more = (text: string) => text): string {
  const before = mesh.repository.text(product);
  const after = before.replace(/(purpose: >-\n\s+)(?:\S+: )?Flights as/, `$1${word}: Flights as`);
  expect(after).not.toBe(before);
  return mesh.repository.push(message, { [product]: more(after) });
}

const outcome = (page: Page, state: string) => page.locator(`[data-outcome=${state}]`);

// The page of a commit asks for it before the mesh has fetched it.
const early = /status of 404 .*\/api\/v1\/revisions\//;

test('a team watches its commit go live, and sees what is wrong with the next while the release before serves', async ({
  as,
  mesh,
  guards,
}) => {
  guards.expect(early);
  const page = await as('omar');
  const live = push(mesh, 'flights: say more', 'Checked');
  await page.goto(`/publish/${live}`);
  await expect(outcome(page, 'live')).toContainText(/Live in/);
  for (const step of ['fetched', 'valid', 'policies', 'planned', 'tables', 'live']) {
    await expect(page.locator(`[data-step=${step}]`)).toHaveAttribute('data-step-state', /done|skipped/);
  }
  await page.goto('/p/aviation/flights');
  await expect(purpose(page)).toContainText('Checked: Flights');

  const broken = push(mesh, 'flights: a slip', 'Slipped', (text) => text.replace('status: active', 'statsu: active'));
  await page.goto('/publish');
  await page.getByRole('link', { name: broken.slice(0, 7) }).first().click();
  await expect(page).toHaveURL(new RegExp(broken));
  const first = page.locator('[data-outcome]');
  await expect(first).toHaveAttribute('data-outcome', /refused|partial|failed/);
  await expect(first).toContainText(/still|stays|serve|before|unchanged/i);
  const problem = page.locator('[data-step=valid]');
  await expect(problem).toContainText(/W01\d\d/);
  await expect(problem).toContainText(`${product}:6:`);
  await problem.getByRole('link', { name: /^What W01\d\d means/ }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/W01\d\d/);

  await page.goto('/p/aviation/flights');
  await expect(purpose(page)).toContainText('Checked: Flights');
  mesh.repository.push('flights: mended', { [product]: mesh.repository.text(product).replace('statsu:', 'status:') });
});

test('a team does the same without a mouse', async ({ as, mesh, guards }) => {
  guards.expect(early);
  const page = await as('omar');
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const live = push(mesh, 'flights: by hand', 'Counted');
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  const row = page.getByRole('link', { name: live.slice(0, 7) }).first();
  await tabTo(row);
  await page.keyboard.press('Enter');
  await expect(outcome(page, 'live')).toContainText(/Live in/);

  const broken = push(mesh, 'flights: another slip', 'Slipped', (text) => text.replace('type: sourceAligned', 'typ: sourceAligned'));
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await tabTo(page.getByRole('link', { name: broken.slice(0, 7) }).first());
  await page.keyboard.press('Enter');
  const problem = page.locator('[data-step=valid]');
  await expect(problem).toContainText(`${product}:8:`);
  await tabTo(problem.getByRole('link', { name: /^What W01\d\d means/ }).first());
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/W01\d\d/);
  mesh.repository.push('flights: mended', { [product]: mesh.repository.text(product).replace('typ:', 'type:') });
});
