import { Mesh } from './support/mesh.ts';
import { expect, test } from './support/test.ts';

test('the whole catalog works below a base path, and asks nothing outside of it', async ({ browser, guards }) => {
  const mesh = await Mesh.start(({ mesh, home }) =>
    [`mesh = "${mesh}"`, `home = "${home}"`, 'http = "127.0.0.1:0"', 'flight = "127.0.0.1:0"', 'base_path = "/data/weft"'].join('\n'),
  );
  try {
    expect(mesh.http).toMatch(/\/data\/weft$/);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await guards.watch(context, [new URL(mesh.http).origin]);
    const outside: string[] = [];
    context.on('request', (request) => {
      const { protocol } = new URL(request.url());
      if (protocol.startsWith('http') && !request.url().startsWith(`${mesh.http}/`)) outside.push(request.url());
    });
    const page = await context.newPage();
    await page.goto(`${mesh.http}/`);
    await page.getByLabel('Signed token').fill(mesh.token('dana'));
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('button', { name: /^dana: / })).toBeVisible();

    const search = page.getByRole('searchbox', { name: /^Search products/ });
    await search.fill('members');
    await search.press('Enter');
    await expect(page).toHaveURL(`${mesh.http}/search?q=members`);
    await page.locator('main [data-list] > li').filter({ hasText: 'loyalty.members' }).first().getByRole('link').first().click();
    await expect(page.getByRole('heading', { name: 'Can I use it?' })).toBeVisible();
    await page.getByRole('tab', { name: 'Schema & contract' }).click();
    await expect(page).toHaveURL(`${mesh.http}/p/loyalty/members?tab=schema`);

    // An address leads to the same page when it is loaded.
    await page.reload();
    await expect(page.getByRole('row', { name: /email/ })).toContainText('Masked');

    await page.goto(`${mesh.http}/sql?q=${encodeURIComponent('SELECT 1 AS one')}`);
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(page.getByRole('region', { name: 'Results' }).getByRole('status')).toContainText('1 row');
    await page.goto(`${mesh.http}/lineage?focus=punctuality.delays`);
    await expect(page.locator('main')).toContainText('Export CSV');
    await page.goto(`${mesh.http}/docs/errors/W0301`);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('W0301');
    expect(outside).toEqual([]);
    await context.close();
  } finally {
    await mesh.stop();
  }
});
