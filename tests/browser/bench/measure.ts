import type { Page, TestInfo } from '@playwright/test';

const rounds = 5;
const slower = 4;

/** What must be in the document, and where it says so, which text it must hold. */
export interface Sight {
  selector: string;
  text?: string;
  /** How many of them there must be. */
  least?: number;
}

/** A page whose processor is held to a quarter. It shows something of the server already, so that it keeps its process. */
export async function slowed(page: Page): Promise<Page> {
  await page.goto('/health');
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  return page;
}

declare global {
  interface Window {
    weftPainted?: Promise<number>;
    weftPressed?: number;
  }
}

/** Begins to look out, in the page: for the last press of a key or button, and for when all of `sights` are painted. */
function lookOut(sights: Sight[]): void {
  const press = (event: Event) => {
    window.weftPressed ??= event.timeStamp;
  };
  window.weftPressed = undefined;
  for (const name of ['keydown', 'pointerdown']) window.addEventListener(name, press, { capture: true });
  window.weftPainted = new Promise((done, failed) => {
    setTimeout(() => failed(new Error(`not painted: ${JSON.stringify(sights)}`)), 30_000);
    const isThere = () =>
      sights.every(({ selector, text, least = 1 }) => {
        const found = document.querySelectorAll(selector);
        return found.length >= least && (text === undefined || [...found].some((one) => one.textContent?.includes(text)));
      });
    const observer = new MutationObserver(() => {
      if (!isThere()) return;
      observer.disconnect();
      // After the frame in which it is drawn.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        port2.postMessage(null);
      });
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
}

/** When it was painted, counted from when the navigation began. */
export async function fromNavigation(page: Page, path: string, sights: Sight[]): Promise<number> {
  await page.addInitScript(lookOut, sights);
  await page.goto(path);
  return page.evaluate(() => window.weftPainted ?? Number.NaN);
}

/** From the first press of a key or button of `act` until it was painted. */
export async function fromPress(page: Page, sights: Sight[], act: () => Promise<void>): Promise<number> {
  await page.evaluate(lookOut, sights);
  await act();
  return page.evaluate(async () => ((await window.weftPainted) ?? Number.NaN) - (window.weftPressed ?? Number.NaN));
}

/** From the end of the answer to a call until it was painted. */
export async function fromAnswer(page: Page, path: string, call: string, sights: Sight[]): Promise<number> {
  const painted = await fromNavigation(page, path, sights);
  const ended = await page.evaluate(
    (part) => performance.getEntriesByType('resource').find(({ name }) => name.includes(part))?.toJSON().responseEnd as number | undefined,
    call,
  );
  return painted - (ended ?? Number.NaN);
}

/** Measures anew each time, and notes the median beside the goal. */
export async function figure(info: TestInfo, goal: number, measure: () => Promise<number>): Promise<void> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await measure());
  all.sort((a, b) => a - b);
  const median = all[Math.floor(rounds / 2)] ?? Number.NaN;
  const ms = (value: number) => `${Math.round(value)} ms`;
  const row = [info.title, ms(median), `${Math.round(all[0] ?? Number.NaN)} to ${ms(all.at(-1) ?? Number.NaN)}`, `≤ ${ms(goal)}`, median <= goal ? 'ok' : 'MISSED'];
  info.annotations.push({ type: 'figure', description: `| ${row.join(' | ')} |` });
}
