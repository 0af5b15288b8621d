import { axeFindings } from './support/axe.ts';
import { routes, visit } from './support/routes.ts';
import { expect, test } from './support/test.ts';

const widths = [1280, 360] as const;
const themes = ['light', 'dark'] as const;

test.describe.configure({ mode: 'parallel' });

for (const route of routes) {
  test(`${route.path} is sound in both themes and in high contrast, wide and narrow`, async ({ as, stranger, guards, mesh }) => {
    if (route.refused) guards.expect(/status of 404/);
    const page = await (route.as === null ? stranger() : as(route.as));
    const calls: string[] = [];
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname.startsWith('/api/') && pathname !== '/api/v1/events') calls.push(`${request.method()} ${pathname}${search}`);
    });
    await visit(page, route, mesh);
    expect.soft(calls.length, `calls: ${calls.join(', ')}`).toBeLessThanOrEqual(route.calls);

    const findings: string[] = [];
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        for (const finding of await axeFindings(page)) findings.push(`${width} ${colorScheme} ${finding}`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, contrast: 'more' });
      await expect(page.locator('html')).toHaveAttribute('data-contrast', 'more');
      for (const finding of await axeFindings(page)) findings.push(`high contrast ${colorScheme} ${finding}`);
    }
    await page.emulateMedia({ contrast: null });
    expect.soft(findings).toEqual([]);

    await page.setViewportSize({ width: 320, height: 700 });
    expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), 'reflows').toBeLessThanOrEqual(320);

    await page.emulateMedia({ forcedColors: 'active' });
    await expect(page.locator('body')).toContainText(route.shows);
  });
}
