import type { BrowserContext, Page } from '@playwright/test';

/** What no page may do, seen on every page of a context from its first request on. */
export class Guards {
  readonly faults: string[] = [];
  private readonly expected: RegExp[] = [];

  /** Where a test brings a fault about, the browser logs it: such lines are no finding. */
  expect(line: RegExp): void {
    this.expected.push(line);
  }

  unexpected(): string[] {
    return this.faults.filter((fault) => !this.expected.some((line) => line.test(fault)));
  }

  async watch(context: BrowserContext, hosts: readonly string[]): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP report: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    context.on('request', (request) => {
      const url = new URL(request.url());
      const isOwn = ['data:', 'blob:'].includes(url.protocol) || hosts.includes(url.origin);
      if (!isOwn) this.faults.push(`foreign request: ${request.method()} ${request.url()}`);
    });
    context.on('page', (page) => this.watchPage(page));
  }

  private watchPage(page: Page): void {
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      this.faults.push(`console ${message.type()} at ${page.url()}: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.faults.push(`unhandled at ${page.url()}: ${error.stack ?? error.message}`));
  }
}
