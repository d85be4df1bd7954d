// SPDX-License-Identifier: Apache-2.0
// One script, one style sheet, relative addresses: the console works below any path. Nothing inline, as the policy of the
// controller (Content-Security-Policy) allows none.
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2021',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    outDir: process.env.SN_CONSOLE_OUT || 'dist',
    emptyOutDir: true,
  },
  server: { host: '127.0.0.1', proxy: { '/api': process.env.SAURON_URL || 'http://127.0.0.1:7080' } },
});
