import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '../support/test.ts';

const folder = resolve(import.meta.dirname, '../../../platform/docs/screenshots');

const starter = 'SELECT origin, count(*) AS flights, round(avg(dep_delay), 1) AS mean_delay FROM aviation.flights.departures GROUP BY origin ORDER BY origin';

/** The pages that the documents show: a name, whose page, where it is, and what must be on it first. */
const pages = [
  { name: 'home', as: 'omar', path: '/', shows: 'Your products' },
  { name: 'search', as: 'ana', path: '/search?q=delay', shows: 'punctuality.delays' },
  { name: 'product', as: 'ana', path: '/p/loyalty/members', shows: 'Can I use it?' },
  { name: 'schema', as: 'dana', path: '/p/loyalty/members?tab=schema', shows: 'birth_date' },
  { name: 'lineage', as: 'omar', path: '/lineage?focus=punctuality.delays&hops=3', shows: 'aviation.flights' },
  { name: 'explain', as: 'greta', path: '/access/explain?who=dana&what=loyalty.members.profiles&col=email', shows: 'partial_email' },
  { name: 'policies', as: 'greta', path: '/policies', shows: 'access.csv' },
] as const;

mkdirSync(folder, { recursive: true });

for (const theme of ['light', 'dark'] as const) {
  for (const { name, as: person, path, shows } of pages) {
    test(`${name}, ${theme}`, async ({ as }) => {
      const page = await as(person, { colorScheme: theme, viewport: { width: 1280, height: 800 } });
      await page.goto(path);
      await expect(page.locator('main')).toContainText(shows);
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: `${folder}/${name}-${theme}.png` });
    });
  }

  test(`sql, ${theme}`, async ({ as }) => {
    const page = await as('ana', { colorScheme: theme, viewport: { width: 1280, height: 800 } });
    await page.goto('/sql');
    const editor = page.getByRole('textbox', { name: /SQL/ }).first();
    await editor.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(starter);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByRole('grid', { name: 'Rows of the answer' })).toContainText('LGA');
    await page.screenshot({ path: `${folder}/sql-${theme}.png` });
  });
}
