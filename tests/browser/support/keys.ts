import { expect, type Locator, type Page } from '@playwright/test';

/** Presses Tab until something has the focus, as a person without a mouse does; fails where Tab never leads there. */
export async function tabTo(wanted: Locator, { most = 60, key = 'Tab' } = {}): Promise<void> {
  const page = wanted.page();
  await expect(wanted).toBeVisible();
  for (let pressed = 0; pressed <= most; pressed += 1) {
    // Of what an open list hides from everybody there is none for now: so this waits for nothing.
    if (await wanted.evaluateAll((all) => all.some((element) => element === document.activeElement))) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${wanted} did not get the focus within ${most} presses of ${key}`);
}

/** Replaces all of the text that has the focus. */
export async function retype(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}
