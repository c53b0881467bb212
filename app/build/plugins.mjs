// What the build does beside Vite: it joins the words of a language to one file,
// tells the service worker what to keep, packs what is text, and writes down
// which sources the result was made of.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { minify } from 'terser';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Every file below a directory, sorted by its path. */
function files(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath ?? f.path, f.name))
    .sort();
}

/** A word that the sources name as it is: t('area.key') or tn('area.key', n). */
const named = /\b(tn?)\('([a-z_]+\.\w+)'/g;

/** A word that the sources put together: `area.key_${what}`. */
const made = /`([a-z_]+\.\w*)\$\{/g;

/**
 * Short names for the words of the built app: the long ones would weigh as much
 * as two screens. A key that is put together, or stands anywhere else in the
 * sources, keeps its own name, and so does one that an entry of the outbox holds.
 */
export function shortNames(sources) {
  const all = sources.join('\n');
  const keys = new Set([...all.matchAll(named)].map((m) => m[2]));
  const rest = all.replaceAll(named, '').replaceAll(/\bword\(['`][\w.]*/g, '');
  const starts = [...rest.matchAll(made)].map((m) => m[1]);
  const plain = new Set([...rest.matchAll(/'([a-z_]+\.\w+)'/g)].map((m) => m[1]));
  const free = [...keys].filter((key) => !plain.has(key) && !starts.some((start) => key.startsWith(start)));
  return new Map(free.sort().map((key, i) => [key, i.toString(36)]));
}

/** Joins src/words/<lang>/<area>.json to .words/<lang>.json, which the app loads as one file. */
export function joinWords() {
  const from = join(root, 'src/words');
  let names = new Map();
  const words = (lang) => Object.fromEntries(files(join(from, lang)).flatMap((file) => {
    const area = relative(join(from, lang), file).replace(/\.json$/, '');
    return Object.entries(JSON.parse(readFileSync(file, 'utf8'))).map(([key, text]) => [`${area}.${key}`, text]);
  }));
  const shorten = (key) => {
    const [, base, form = ''] = /^(.*?)(_(?:one|many|other))?$/.exec(key);
    return names.get(key) ?? (names.has(base) ? names.get(base) + form : key);
  };
  const write = () => {
    mkdirSync(join(root, '.words'), { recursive: true });
    for (const lang of readdirSync(from)) {
      const all = Object.fromEntries(Object.entries(words(lang)).map(([key, text]) => [shorten(key), text]));
      writeFileSync(join(root, '.words', `${lang}.json`), JSON.stringify(all));
    }
  };
  return {
    name: 'join-words',
    enforce: 'pre',
    config(_, { command }) {
      const sources = files(join(root, 'src')).filter((f) => /\.tsx?$/.test(f) && !/\.test\.ts$|schema\.d\.ts$/.test(f));
      if (command === 'build') names = shortNames(sources.map((f) => readFileSync(f, 'utf8')));
      write();
    },
    transform: (code, id) => (names.size && /\.tsx?$/.test(id) ? code.replaceAll(named, (all, call, key) => (names.has(key) ? `${call}('${names.get(key)}'` : all)) : undefined),
    configureServer: (server) => { server.watcher.on("change", (file) => file.startsWith(from) && write()); },
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

/** What terser still finds in what Vite has made small: another 1 %. */
const smaller = { ecma: 2020, module: true, compress: { passes: 4, unsafe: true, unsafe_arrows: true, unsafe_methods: true, keep_fargs: false }, mangle: true };

const pairs = (list, from, to) => list.split(',').map((pair) => pair.split(' as ')).map((names) => [names.at(from), names.at(to)]);

/**
 * Makes two scripts smaller, of which the second takes from the first, and calls what goes
 * between them by one name in both: "a as b" for a hundred things is half a kilobyte.
 */
export async function smallPair(giving, taking) {
  const small = async (code, vars, compress) => (await minify(code, { ...smaller, compress: { ...smaller.compress, ...compress }, nameCache: { vars: { props: Object.fromEntries(vars) } } })).code;
  const names = new Map();
  const given = (await small(giving, [])).replace(/\bexport\{([^}]*)\}/, (_, list) => `export{${pairs(list, 0, -1).map(([inner, outer]) => (names.set(outer, inner), inner))}}`);
  const vars = [];
  const taken = taking.replace(/\bimport\{([^}]*)\}/, (_, list) => `import{${pairs(list, 0, -1).map(([outer, inner]) => (vars.push([`$${inner}`, names.get(outer)]), `${names.get(outer)} as ${inner}`))}}`);
  return [given, await small(taken, vars, { reduce_vars: false, hoist_funs: true })]; // a function that is called once stays beside its like, and functions beside functions: so they pack better
}

/**
 * A script that comes later brings no styles of its own along: Vite's loader of those would weigh
 * as much as a screen, in the first script.
 */
export const plainImports = () => ({ name: 'plain-imports', enforce: 'pre', load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : undefined) });

const packed = /\.(js|css|html|svg|json|webmanifest)$/;

/** After the build: the list for the worker, the packing, the hash of the sources. */
export function finish() {
  return {
    name: 'finish',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((chunk) => chunk.type === 'chunk');
      const [index, screens, sw] = ['index', 'screens', 'sw'].map((name) => chunks.find((chunk) => chunk.name === name));
      [index.code, screens.code] = await smallPair(index.code, screens.code);
      sw.code = (await minify(sw.code, smaller)).code;
    },
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
