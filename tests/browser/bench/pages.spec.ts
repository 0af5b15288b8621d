import { test } from '../support/test.ts';
import { focus, lineageOf } from './lineage.ts';
import { figure, fromAnswer, fromNavigation, fromPress, slowed } from './measure.ts';

// Five rounds of a page that is new each time.
test.setTimeout(300_000);

const overview = [{ selector: 'main h2', text: 'Can I use it?' }];

test('search: from a key to its results', async ({ as }, info) => {
  await figure(info, 150, async () => {
    const page = await slowed(await as('dana'));
    await page.goto('/search?q=dela');
    await page.locator('main [data-list] > li').first().waitFor();
    await page.getByRole('searchbox', { name: /^Search products/ }).focus();
    await page.keyboard.press('End');
    const results = [
      { selector: 'h1', text: 'delay' },
      { selector: 'main ul[data-list][aria-busy=false] > li', text: 'delays' },
    ];
    const took = await fromPress(page, results, () => page.keyboard.press('y'));
    await page.context().close();
    return took;
  });
});

test('product: from its address to its overview, with nothing in the cache', async ({ as }, info) => {
  await figure(info, 1200, async () => {
    const page = await slowed(await as('dana'));
    const took = await fromNavigation(page, '/p/loyalty/members', overview);
    await page.context().close();
    return took;
  });
});

test('product: from a click to its overview', async ({ as }, info) => {
  await figure(info, 1200, async () => {
    const page = await slowed(await as('dana'));
    await page.goto('/search?q=members');
    const link = page.locator('main [data-list] > li').filter({ hasText: 'loyalty.members' }).first().getByRole('link').first();
    const took = await fromPress(page, overview, () => link.click());
    await page.context().close();
    return took;
  });
});

const boxes = 1000;
const answer = JSON.stringify(lineageOf(boxes, 25));
const box = '.react-flow__node-box';

for (const { name, measure } of [
  { name: 'from its answer to the boxes in sight', measure: 'opened' },
  { name: 'from a key to all boxes at once', measure: 'all' },
]) {
  test(`lineage of ${boxes} boxes: ${name}`, async ({ as }, info) => {
    await figure(info, 1000, async () => {
      const page = await slowed(await as('dana'));
      await page.route('**/api/v1/lineage?*', (route) => route.fulfill({ contentType: 'application/json', body: answer }));
      const path = `/lineage?focus=${focus}`;
      const took = await fromAnswer(page, path, '/api/v1/lineage', [{ selector: box, least: 10 }]);
      if (measure === 'opened') {
        await page.context().close();
        return took;
      }
      await page.getByRole('application').or(page.locator('.react-flow')).first().focus();
      const all = await fromPress(page, [{ selector: box, least: boxes }], () => page.keyboard.press('0'));
      await page.context().close();
      return all;
    });
  });
}
