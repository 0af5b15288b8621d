import { defineConfig } from '@playwright/test';
import { desktop } from './support/browser.ts';

/** Everything that is asserted in the browser; speed is not. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  testIgnore: ['bench/**', 'screenshots/**'],
  // Each worker serves a mesh of its own, so that what one journey changes is no news to another file's pages.
  workers: 2,
  timeout: 180_000,
  expect: { timeout: 40_000 },
  reporter: [['list']],
  outputDir: 'test-results',
  use: desktop,
});
