import { expect, test } from './support/test.ts';

test('a demo person is chosen, and the address that was asked for opens', async ({ stranger }) => {
  const page = await stranger();
  await page.goto('/p/loyalty/members');
  await page.getByRole('button', { name: /^lena/i }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Members');
  await expect(page).toHaveURL(/\/p\/loyalty\/members$/);
});

test('signing out forgets the person and all that they saw', async ({ as }) => {
  const page = await as('lena');
  await page.goto('/p/loyalty/members');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Members');
  await page.getByRole('button', { name: /^lena: / }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to the mesh' })).toBeVisible();
  await page.goBack();
  await expect(page.getByText('Members')).toHaveCount(0);
});

test('a token that is none is refused, and nobody is signed in', async ({ stranger, guards }) => {
  guards.expect(/401/);
  const page = await stranger();
  await page.goto('/');
  await page.getByLabel('Signed token').fill('not.a.token');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.locator('[data-state=problem]')).toContainText('Not authenticated');
});

test('a token that weft printed signs in', async ({ stranger, mesh }) => {
  const page = await stranger();
  await page.goto('/');
  await page.getByLabel('Signed token').fill(mesh.token('greta'));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('button', { name: /^greta: / })).toBeVisible();
});
