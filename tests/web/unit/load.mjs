/* Loads a TypeScript module of web/src for node's test runner: node 18 cannot strip types, esbuild
 * (which Vite brings along) can. */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = fileURLToPath(new URL('../../../web/', import.meta.url));
const { build } = createRequire(createRequire(pathToFileURL(`${web}package.json`)).resolve('vite'))(
  'esbuild',
);

export async function load(path) {
  const { outputFiles } = await build({
    entryPoints: [`${web}src/${path}`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2020',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}
