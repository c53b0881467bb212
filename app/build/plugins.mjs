// What the build does beside Vite: it joins the words of a language to one file,
// tells the service worker what to keep, packs what is text, and writes down
// which sources the result was made of.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Every file below a directory, sorted by its path. */
function files(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath ?? f.path, f.name))
    .sort();
}

/** Joins src/words/<lang>/<area>.json to .words/<lang>.json, which the app loads as one file. */
export function joinWords() {
  const from = join(root, 'src/words');
  const join_ = () => {
    mkdirSync(join(root, '.words'), { recursive: true });
    for (const lang of readdirSync(from)) {
      const all = {};
      for (const file of files(join(from, lang))) {
        const area = relative(join(from, lang), file).replace(/\.json$/, '');
        for (const [key, text] of Object.entries(JSON.parse(readFileSync(file, 'utf8')))) all[`${area}.${key}`] = text;
      }
      writeFileSync(join(root, '.words', `${lang}.json`), JSON.stringify(all));
    }
  };
  return {
    name: 'join-words',
    config: join_,
    configureServer: (server) => { server.watcher.on("change", (file) => file.startsWith(from) && join_()); },
  };
}

/** What dist is made of, in the order that the hash reads it. The Go test reads the same. */
const parts = ['src', 'public', 'build'];
const singles = ['index.html', 'package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts'];

export function sourcesHash() {
  const sum = createHash('sha256');
  const all = [...parts.flatMap((p) => files(join(root, p))), ...singles.map((s) => join(root, s))];
  const names = all.map((f) => relative(root, f).split(sep).join('/')).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (const name of names) {
    const body = readFileSync(join(root, name));
    sum.update(`${name} ${body.length}\n`).update(body);
  }
  return sum.digest('hex');
}

const packed = /\.(js|css|html|svg|json|webmanifest)$/;

/** After the build: the list for the worker, the packing, the hash of the sources. */
export function finish() {
  return {
    name: 'finish',
    apply: 'build',
    closeBundle() {
      const dist = join(root, 'dist');
      const names = files(dist).map((f) => relative(dist, f).split(sep).join('/'));
      const shell = names.filter((n) => n !== 'sw.js' && n !== 'index.html' && !n.startsWith('icon-') && n !== 'sources.sha256');
      const sw = join(dist, 'sw.js');
      const index = readFileSync(join(dist, 'index.html'));
      const version = createHash('sha256').update(index).update(shell.join()).update(readFileSync(sw)).digest('hex').slice(0, 12);
      const code = readFileSync(sw, 'utf8').replace(/(["'`])%SHELL%\1/, JSON.stringify(['/app', ...shell.map((n) => `/app/${n}`)])).replace('%VERSION%', version);
      const left = /%[A-Z]+%/.exec(code);
      if (left) throw new Error(`the worker still holds ${left[0]}`);
      writeFileSync(sw, code);
      for (const name of names.filter((n) => packed.test(n))) {
        const file = join(dist, name);
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: statSync(file).size };
        writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
        rmSync(file);
      }
      writeFileSync(join(dist, 'sources.sha256'), `${sourcesHash()}\n`);
    },
  };
}
