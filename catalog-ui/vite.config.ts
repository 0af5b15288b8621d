import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The server fills in these two for each response; the development server is at the root and has no policy. */
function placeholdersInDevelopment(): Plugin {
  return {
    name: 'weft-placeholders',
    apply: 'serve',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => html.replaceAll('__WEFT_BASE__', '/').replaceAll('__WEFT_NONCE__', 'dev'),
    },
  };
}

/** React Aria brings its texts in 34 languages; the catalog speaks one so far, and `App` says so to React Aria. */
function oneLanguage(): Plugin {
  return {
    name: 'weft-one-language',
    load: (id) =>
      /\/react-[\w-]+\/dist\/.*\/intl\/.*\/[a-z]{2}-[A-Z]{2}\.m?js$/.test(id) && !/en-US/.test(id)
        ? 'export default {};'
        : null,
  };
}

/** React Flow names its parts at its top, which keeps those that nobody asks for: the small map, the controls, the toolbars. */
function unnamedParts(): Plugin {
  return {
    name: 'weft-unnamed-parts',
    apply: 'build',
    transform: (code, id) =>
      /\/@xyflow\/react\/dist\/esm\/index\.m?js$/.test(id)
        ? code
            .replaceAll(/^\w+\.displayName = .*;$/gm, '')
            .replaceAll(/^(const \w+ = )((?:memo|forwardRef)\()/gm, '$1/* @__PURE__ */ $2')
        : null,
  };
}

const server = process.env.WEFT_SERVER ?? 'http://127.0.0.1:8080';
const token = process.env.WEFT_TOKEN;
const proxied = {
  target: server,
  headers: token ? { authorization: `Bearer ${token}` } : {},
};

export default defineConfig({
  base: './',
  plugins: [react(), tailwindcss(), oneLanguage(), unnamedParts(), placeholdersInDevelopment()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  html: { cspNonce: '__WEFT_NONCE__' },
  build: {
    manifest: true,
    sourcemap: false,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What lists, menus, tabs and selects have in common comes with the shell: nearly every page needs it.
          groups: [
            {
              name: 'collections',
              test: /(react-aria|react-stately)\/dist\/private\/(collections|selection|list)\/|react-aria-components\/dist\/private\/(Collection|ListBox)\./,
              minShareCount: 3,
            },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    // The manual shows pages that lie beside the binary's own sources.
    fs: { allow: ['..'] },
    proxy: {
      '/api/v1': proxied,
      '/health': proxied,
      '/metrics': proxied,
      '/openapi.json': proxied,
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    testTimeout: 60_000,
  },
});
