import { defineConfig } from '@playwright/test';
import tests from './playwright.config.ts';

/** Measures how fast the pages are, on a processor that is held to a quarter; a goal that is missed fails nothing. */
export default defineConfig({
  ...tests,
  testDir: 'bench',
  testIgnore: [],
  workers: 1,
  reporter: [['./bench/table.ts']],
  use: { ...tests.use, trace: 'off' },
});
