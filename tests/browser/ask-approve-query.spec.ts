import type { Page } from '@playwright/test';
import { retype, tabTo } from './support/keys.ts';
import { rowsByAdbc, rowsOfGrid } from './support/rows.ts';
import { expect, test } from './support/test.ts';

const purpose = 'member_service';
const statement = 'SELECT email, carrier, tier FROM loyalty.members.profiles ORDER BY email LIMIT 10';
const emails = (rows: string[][]) => rows.map((row) => row[0] ?? '');

const editor = (page: Page) => page.getByRole('textbox', { name: 'SQL statement' });
const result = (page: Page) => page.getByRole('region', { name: 'Results' });

test('an analyst finds, understands, asks, and sees what was approved', async ({ as, mesh }) => {
  const page = await as('dana');
  await page.goto('/');

  // Discover.
  const search = page.getByRole('searchbox', { name: /^Search products/ });
  await search.fill('delay');
  await search.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('delay');
  const first = page.locator('main [data-list] > li').first();
  await expect(first).toContainText('delays');
  await first.getByRole('link').first().click();

  // Understand.
  for (const question of ['Can I use it?', 'Is it good now?', 'Who answers?']) {
    await expect(page.getByRole('heading', { name: question })).toBeVisible();
  }

  // Find what is masked.
  await search.fill('members');
  await search.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('members');
  await page.locator('main [data-list] > li').filter({ hasText: 'loyalty.members' }).first().getByRole('link').first().click();
  await expect(page.getByText(/You read \d+ of \d+ columns/)).toBeVisible();
  await page.getByRole('tab', { name: 'Schema & contract' }).click();
  await expect(page.getByRole('row', { name: /email/ })).toContainText('Masked');

  // Before: the mask.
  await page.goto(`/sql?q=${encodeURIComponent(statement)}&purpose=${purpose}`);
  await page.getByRole('button', { name: /^Run/ }).click();
  await expect(result(page).getByRole('status')).toContainText('10 rows');
  await expect(result(page)).toContainText(/masked: .*email \(partial_email\)/);
  for (const email of emails(await rowsOfGrid(page))) expect(email).toContain('***');

  // Ask.
  await page.goto('/p/loyalty/members?tab=access');
  await page.getByRole('link', { name: 'Request email' }).click();
  await expect(page.getByRole('checkbox', { name: /^email/ })).toBeChecked();
  await expect(page.getByRole('heading', { name: 'Before you send' })).toBeVisible();
  await expect(page.getByText('A request is the smallest change that shows it.')).toBeVisible();
  await page.getByLabel('Note').fill('Complaints by e-mail');
  await page.getByRole('button', { name: 'Send request' }).click();
  const own = page.getByRole('article', { name: /profiles: email$/ });
  await expect(own).toContainText('Waits for');
  const id = (await own.getAttribute('aria-label'))?.split(':')[0] ?? '';

  // Decide.
  const owner = await as('lena');
  await owner.goto('/');
  await owner.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Requests/ }).click();
  const asked = owner.getByRole('article', { name: new RegExp(`^${id}:`) });
  await expect(asked).toContainText('Complaints by e-mail');
  await asked.getByRole('button', { name: 'Approve as asked' }).click();
  await expect(asked).toContainText('Approved');

  // The page that was open all the while tells it, once the engine has shown it.
  await expect(own).toContainText('Approved');
  await expect(own).toContainText('by lena');
  await expect(own).toContainText(/Enforced \d\d:\d\d:\d\d \(checked\)/);

  // After: in clear, and nothing but what Flight gives.
  await own.getByRole('link', { name: 'Query' }).click();
  await expect(page.getByRole('button', { name: `Purpose: ${purpose}` })).toBeVisible();
  await editor(page).click();
  await retype(page, statement);
  await page.getByRole('button', { name: /^Run/ }).click();
  await expect(result(page).getByRole('status')).toContainText('10 rows');
  await expect(result(page)).not.toContainText('partial_email');
  const rows = await rowsOfGrid(page);
  for (const email of emails(rows)) expect(email).toMatch(/^[a-z]+\.\d{5}@example\.com$/);
  expect(rows).toEqual(rowsByAdbc(mesh, 'dana', statement, purpose));
});

test('an analyst and an owner do the same without a mouse', async ({ as, mesh }) => {
  const page = await as('ana');
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();

  // Discover: / goes to the search, the arrows into the results, Enter opens.
  await page.keyboard.press('/');
  await page.keyboard.type('delay');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('delay');
  const first = page.locator('main [data-list] > li').first();
  await expect(first).toContainText('delays');
  await page.keyboard.press('ArrowDown');
  await expect(first.getByRole('link').first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Can I use it?' })).toBeVisible();

  // Find what is masked: the palette leads to a product by its name.
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('loyalty.members');
  await expect(page.getByRole('option', { selected: true })).toHaveText(/^loyalty\.members/);
  await page.keyboard.press('Enter');
  await expect(page.getByText(/You read \d+ of \d+ columns/)).toBeVisible();
  await tabTo(page.getByRole('tab', { name: 'Overview' }));
  for (const tab of ['Schema & contract', 'Lineage', 'Access']) {
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('tab', { name: tab })).toBeFocused();
  }

  // Ask.
  await tabTo(page.getByRole('link', { name: 'Request email' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('checkbox', { name: /^email/ })).toBeChecked();
  await tabTo(page.getByLabel('Note'));
  await page.keyboard.type('Letters that came back');
  await tabTo(page.getByRole('button', { name: 'Send request' }));
  await page.keyboard.press('Enter');
  const own = page.getByRole('article', { name: /profiles: email$/ });
  await expect(own).toContainText('Waits for');
  const id = (await own.getAttribute('aria-label'))?.split(':')[0] ?? '';

  // Decide: g r goes to the requests.
  const owner = await as('lena');
  await owner.goto('/');
  await expect(owner.getByRole('heading', { level: 1 })).toBeVisible();
  await owner.keyboard.press('g');
  await owner.keyboard.press('r');
  const asked = owner.getByRole('article', { name: new RegExp(`^${id}:`) });
  await expect(asked).toContainText('Letters that came back');
  await tabTo(asked.getByRole('button', { name: 'Approve as asked' }));
  await owner.keyboard.press('Enter');
  await expect(asked).toContainText('Approved');

  // See.
  await expect(own).toContainText(/Enforced \d\d:\d\d:\d\d \(checked\)/);
  await tabTo(own.getByRole('link', { name: 'Query' }));
  await page.keyboard.press('Enter');
  await tabTo(editor(page));
  await retype(page, statement);
  await page.keyboard.press('Control+Enter');
  await expect(result(page).getByRole('status')).toContainText('10 rows');
  const rows = await rowsOfGrid(page);
  for (const email of emails(rows)) expect(email).toMatch(/^[a-z]+\.\d{5}@example\.com$/);
  expect(rows).toEqual(rowsByAdbc(mesh, 'ana', statement, purpose));
});
