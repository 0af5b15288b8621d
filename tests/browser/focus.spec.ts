import type { Locator, Page } from '@playwright/test';
import { expect, test } from './support/test.ts';

/** Opens a layer from a control by the keyboard, leaves it by Escape, and is at the control again. */
async function comesBack(control: Locator, layer: Locator): Promise<void> {
  await opens(control, layer);
  await control.page().keyboard.press('Escape');
  await expect(layer).toHaveCount(0);
  await expect(control).toBeFocused();
}

async function opens(control: Locator, layer: Locator): Promise<void> {
  await control.focus();
  await control.page().keyboard.press('Enter');
  await expect(layer).toBeVisible();
  await expect.poll(() => layer.evaluate((element) => element.contains(document.activeElement)), 'the focus is inside').toBe(true);
}

const dialog = (page: Page) => page.getByRole('dialog');

test('the palette, the sheet of keys and menus give the focus back', async ({ as }) => {
  const page = await as('dana');
  await page.goto('/me');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const palette = page.getByRole('button', { name: 'Command palette' });
  await comesBack(palette, dialog(page));

  // From wherever it is called by its keys, and after something was done in it.
  const control = page.getByRole('button', { name: 'Make token' }).or(page.getByRole('link', { name: 'Home' })).first();
  await control.focus();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: /command|search/i })).toBeFocused();
  await page.keyboard.type('Theme: Dark');
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(control).toBeFocused();

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: /Keyboard/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  await expect(control).toBeFocused();

  await comesBack(page.getByRole('button', { name: /^dana: / }), page.getByRole('menu'));
});

test('the drawer of a column gives the focus back to the column', async ({ as }) => {
  const page = await as('dana');
  await page.goto('/p/loyalty/members?tab=schema');
  await comesBack(page.getByRole('button', { name: 'email', exact: true }), dialog(page));
});

test('the drawer of the menu gives the focus back, on a narrow screen', async ({ as }) => {
  const page = await as('dana', { viewport: { width: 360, height: 740 } });
  await page.goto('/');
  await comesBack(page.getByRole('button', { name: 'Open menu' }), dialog(page));
});

test('a statement that was given a name gives the focus back', async ({ as }) => {
  const page = await as('dana');
  await page.goto('/sql');
  const control = page.getByRole('button', { name: /^Rename/ });
  await comesBack(control, dialog(page));
  await opens(control, dialog(page));
  await page.keyboard.type('Late flights');
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.getByRole('tab', { name: /Late flights/ })).toBeVisible();
  await expect(control).toBeFocused();
});

test('the text for a new product gives the focus back', async ({ as }) => {
  const page = await as('omar');
  await page.goto('/publish');
  await comesBack(page.getByRole('button', { name: /New product/ }), dialog(page));
});

test('a decision gives the focus back, and what was decided keeps it near', async ({ as }) => {
  const asker = await as('dana');
  await asker.goto('/requests?new=loyalty.members.profiles&columns=full_name');
  await asker.getByLabel('Note').fill('Letters');
  await asker.getByRole('button', { name: 'Send request' }).click();
  const own = asker.getByRole('article', { name: /profiles: full_name$/ });
  await expect(own).toContainText('Waits for');
  const id = (await own.getAttribute('aria-label'))?.split(':')[0] ?? '';

  const page = await as('lena');
  await page.goto('/requests');
  const asked = page.getByRole('article', { name: new RegExp(`^${id}:`) });
  await comesBack(asked.getByRole('button', { name: /^Decline/ }), page.getByRole('dialog').or(page.getByRole('alertdialog')));
  await opens(asked.getByRole('button', { name: /^Decline/ }), page.getByRole('dialog').or(page.getByRole('alertdialog')));
  await page.keyboard.type('Not for letters');
  await page.getByRole('button', { name: 'Decline request' }).or(page.getByRole('button', { name: 'Decline', exact: true })).last().press('Enter');
  await expect(page.getByRole('alertdialog').or(dialog(page))).toHaveCount(0);
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), 'the focus is not lost').not.toBe('BODY');
});
