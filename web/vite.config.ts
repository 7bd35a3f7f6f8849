import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

import { oldBrowsers } from './old_browsers';

/* Writes FILE.gz and FILE.br beside every text asset, so that the server only picks one. */
function precompress(): Plugin {
  const worthwhile = /\.(html|js|css|svg|json)$/;
  const compress = (folder: string) => {
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, item.name);
      if (item.isDirectory()) compress(path);
      else if (worthwhile.test(item.name)) {
        const bytes = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
      }
    }
  };
  return {
    name: 'precompress',
    apply: 'build',
    writeBundle: (options) => compress(options.dir ?? 'dist'),
  };
}

const backend = process.env.XIAOZHENG_URL ?? 'http://127.0.0.1:8012';

export default defineConfig({
  base: './',
  plugins: [vue(), oldBrowsers(), precompress()],
  build: {
    // telephones of 2018: Chromium 64 is what WeChat's own browser was made from then
    target: ['es2018', 'chrome64', 'firefox67', 'safari12'],
    cssTarget: ['chrome64', 'firefox67', 'safari12'],
    // the content policy knows no data: addresses, so nothing may be inlined
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target: backend, changeOrigin: true } } },
});
