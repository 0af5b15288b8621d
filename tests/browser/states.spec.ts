import type { Page, Route } from '@playwright/test';
import { axeFindings } from './support/axe.ts';
import { expect, test } from './support/test.ts';

interface Case {
  path: string;
  as: string;
  /** The call that brings what the page is for. */
  call: RegExp;
  /** What shows that it is there. */
  shows: RegExp;
  /** Without anything in it: what the page says, where it is not a state of its own. */
  without?: RegExp;
}

const cases: readonly Case[] = [
  { path: '/', as: 'omar', call: /\/home$/, shows: /Your products/, without: /first|Nothing|none/i },
  { path: '/search?q=delay', as: 'dana', call: /\/search\?/, shows: /punctuality\.delays/ },
  { path: '/domains/loyalty', as: 'lena', call: /\/domains\/loyalty$/, shows: /Members/ },
  { path: '/p/loyalty/members', as: 'dana', call: /\/products\/loyalty\/members$/, shows: /Can I use it\?/ },
  { path: '/lineage?focus=punctuality.delays', as: 'dana', call: /\/lineage\?/, shows: /Export CSV/ },
  { path: '/requests', as: 'lena', call: /\/access\/requests\?/, shows: /To decide/ },
  { path: '/access/explain?who=dana&what=loyalty.members.profiles&col=email', as: 'greta', call: /\/access\/explain$/, shows: /What it rests on/ },
  { path: '/access/roster?what=loyalty.members.profiles&col=email', as: 'greta', call: /\/access\/roster$/, shows: /in clear/, without: /Nobody is known/ },
  { path: '/policies', as: 'greta', call: /\/policies$/, shows: /Compiled from/ },
  { path: '/publish', as: 'omar', call: /\/runs\?/, shows: /live/ },
  { path: '/ops', as: 'pia', call: /\/ops$/, shows: /Version/, without: /Version/ },
];

const themes = ['light', 'dark'] as const;

test.describe.configure({ mode: 'parallel' });

/** Nothing is to be found in this state, in either theme. */
async function isSound(page: Page): Promise<void> {
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect.soft(await axeFindings(page), colorScheme).toEqual([]);
  }
}

const api = (call: RegExp) => (url: URL) => url.pathname.startsWith('/api/v1/') && call.test(url.pathname + url.search);

const fails = (route: Route) =>
  route.fulfill({
    status: 500,
    contentType: 'application/problem+json',
    json: { type: 'about:blank', title: 'it broke', status: 500, detail: 'Something of ours.', code: 'W0901', trace_id: 'f00dfeed' },
  });

for (const { path, as: name, call, shows, without } of cases) {
  test(`${path} says what failed`, async ({ as, guards }) => {
    guards.expect(/status of 500/);
    const page = await as(name);
    await page.route(api(call), fails);
    await page.goto(path);
    const problem = page.locator('main [data-state=problem]').first();
    await expect(problem).toContainText('It broke');
    await expect(problem).toContainText('f00dfeed');
    await isSound(page);

    // It helps to try again once the server is well.
    await page.unrouteAll();
    await problem.getByRole('button', { name: 'Try again' }).click();
    await expect(page.locator('main')).toContainText(shows);
  });

  test(`${path} says why it is empty`, async ({ as }) => {
    const page = await as(name);
    await page.route(api(call), async (route) => {
      const answer = (await (await route.fetch()).json()) as Record<string, unknown>;
      const emptied = Object.entries(answer).map(([key, value]) => [key, Array.isArray(value) ? [] : value]);
      await route.fulfill({ json: { ...Object.fromEntries(emptied), ...('total' in answer ? { total: 0 } : {}) } });
    });
    await page.goto(path);
    if (without) await expect(page.locator('main')).toContainText(without);
    else await expect(page.locator('main [data-state=empty]').first()).toBeVisible();
    await isSound(page);
  });

  test(`${path} says what it waits for, and shows it when it comes`, async ({ as }) => {
    const page = await as(name);
    let answer = () => {};
    const asked = new Promise<void>((done) => {
      answer = done;
    });
    await page.route(api(call), async (route) => {
      await asked;
      await route.continue();
    });
    await page.goto(path);
    await expect(page.locator('main [data-state=slow]').first()).toContainText('Still waiting for');
    await isSound(page);
    answer();
    await expect(page.locator('main')).toContainText(shows);
    await expect(page.locator('main [data-state=slow]')).toHaveCount(0);
  });

  test(`${path} keeps what it showed when the server goes away, and says since when`, async ({ as, guards }) => {
    guards.expect(/status of 500/);
    const page = await as(name);
    await page.clock.install();
    await page.goto(path);
    await expect(page.locator('main')).toContainText(shows);
    await page.route(api(call), fails);
    // What is older is asked for again when somebody comes back to the window.
    await page.clock.fastForward('10:00');
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
    await expect(page.locator('main [data-state=stale]').first()).toContainText('Showing what was there at');
    await expect(page.locator('main')).toContainText(shows);
    await isSound(page);
  });
}
