import { defineConfig } from '@playwright/test';
import tests from './playwright.config.ts';

/** Takes the pictures in `platform/docs/screenshots`; look at them before they are committed. */
export default defineConfig({ ...tests, testDir: 'screenshots', testIgnore: [] });
