import { retype, tabTo } from './support/keys.ts';
import { expect, test } from './support/test.ts';

const rules = 'products/loyalty/access.csv';
const row = 'p, role:member_analyst, dom:loyalty, obj:loyalty.members.profiles, unmask, *, -, allow';

test('a governance officer learns why somebody sees a mask, who else does, and what a change would do', async ({ as }) => {
  const page = await as('greta');
  await page.goto('/p/loyalty/members?tab=schema');
  await page.getByRole('link', { name: 'Why do I see email so?' }).click();

  // Why: the same question about somebody else.
  await page.getByRole('combobox', { name: 'Who' }).fill('dana');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Explain' }).click();
  const answer = page.getByRole('article', { name: /dana/ });
  await expect(answer).toContainText(/masked/);
  const decides = answer.getByRole('listitem').filter({ hasText: 'decides' });
  await expect(decides).toContainText('governance/restrictions.yaml:');
  await expect(answer.getByRole('heading', { name: 'Smallest change' })).toBeVisible();

  // Who: everybody, and the path of each.
  await answer.getByRole('link', { name: 'Who else sees this' }).click();
  await expect(page.getByText(/\d+ of \d+ principals see all of it in clear/)).toBeVisible();
  const masked = page.locator('main [data-card]').filter({ hasText: /masked: partial_email/ });
  await expect(masked.first()).toContainText('dana');

  // What if: a row more.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Policies' }).click();
  await page.getByRole('link', { name: 'Simulate a change' }).click();
  await page.getByRole('combobox', { name: 'File' }).fill(rules);
  await page.getByRole('option', { name: rules }).click();
  await page.getByRole('textbox', { name: `Text of ${rules}` }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  await page.keyboard.insertText(row);
  await page.getByRole('button', { name: 'Simulate', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'would gain' })).toContainText(/[1-9]\d* principals? would gain/);
  const change = page.getByRole('table', { name: 'Changes of access' }).getByRole('row').filter({ hasText: 'sees in clear' });
  await expect(change.first()).toContainText('loyalty.members.profiles');
  await expect(change.first()).toContainText('dana');
  await expect(page.getByRole('button', { name: 'Copy as patch' })).toBeVisible();
});

test('a governance officer does the same without a mouse', async ({ as }) => {
  const page = await as('greta');
  await page.goto('/p/loyalty/members?tab=schema');
  await tabTo(page.getByRole('button', { name: 'email', exact: true }), { most: 80 });
  // w asks why of the column that has the focus.
  await page.keyboard.press('w');
  await expect(page.getByRole('heading', { name: 'Explain' })).toBeVisible();
  await tabTo(page.getByRole('combobox', { name: 'Who' }));
  await retype(page, 'dana');
  await page.keyboard.press('Escape');
  await tabTo(page.getByRole('button', { name: 'Explain' }));
  await page.keyboard.press('Enter');
  const answer = page.getByRole('article', { name: /dana/ });
  await expect(answer.getByRole('listitem').filter({ hasText: 'decides' })).toContainText('governance/restrictions.yaml:');

  await tabTo(answer.getByRole('link', { name: 'Who else sees this' }));
  await page.keyboard.press('Enter');
  await expect(page.getByText(/\d+ of \d+ principals see all of it in clear/)).toBeVisible();

  await tabTo(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Policies' }));
  await page.keyboard.press('Enter');
  await tabTo(page.getByRole('link', { name: 'Simulate a change' }));
  await page.keyboard.press('Enter');
  await tabTo(page.getByRole('combobox', { name: 'File' }));
  await page.keyboard.insertText(rules);
  await expect(page.getByRole('option', { name: rules })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo(page.getByRole('textbox', { name: `Text of ${rules}` }));
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  await page.keyboard.insertText(row);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('status').filter({ hasText: 'would gain' })).toContainText(/[1-9]\d* principals? would gain/);
});
