import { defineConfig } from 'vite';
import { finish, joinWords, plainImports } from './build/plugins.mjs';

const inject = { h: ['preact', 'h'], Fragment: ['preact', 'Fragment'] };

export default defineConfig({
  base: '/app/',
  plugins: [joinWords(), plainImports(), finish()],
  // An element as a call of h packs smaller than one with its children among its properties.
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' }, inject },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content policy allows no data: addresses
    modulePreload: { polyfill: false }, // it would be an inline helper for browsers older than the styles need
    rolldownOptions: {
      transform: { inject },
      input: { index: 'index.html', sw: 'src/sw.ts' },
      output: {
        // The worker keeps its name: the browser asks for it by that.
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash:6].js'),
        chunkFileNames: 'assets/[name]-[hash:6].js',
        assetFileNames: 'assets/[name]-[hash:6][extname]',
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
  test: { environment: 'node', include: ['src/**/*.test.ts', 'build/*.test.mjs'] },
} as Parameters<typeof defineConfig>[0]);
