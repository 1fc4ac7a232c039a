// Makes moderation/static/charts.js from charts.js and the locked packages, and gathers their licences.
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {build} from 'esbuild';

const read = name => readFileSync(new URL(name, import.meta.url));
const mark = createHash('sha256').update(read('charts.js')).update(read('package-lock.json')).digest('hex');
const out = new URL('../moderation/static/', import.meta.url).pathname;
const {metafile} = await build({
  absWorkingDir: new URL('.', import.meta.url).pathname, entryPoints: ['charts.js'], outfile: `${out}charts.js`, bundle: true,
  minify: true, format: 'iife', target: 'es2020', charset: 'ascii', legalComments: 'none', metafile: true,
  alias: {vega: 'vega-util'},  // all that vega-lite takes of the whole of vega
  banner: {js: `/* Made by \`make charts\` of charts/, sha256 ${mark}. Licences: charts.LICENSES.txt */`},
});
const names = new Set(Object.keys(metafile.inputs).map(path => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
const licences = [...names].sort().map(name => {
  const folder = `node_modules/${name}/`;
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'License'].find(file => existsSync(new URL(folder + file, import.meta.url)));
  const {version, license} = JSON.parse(read(`${folder}package.json`));
  return `${name} ${version} (${license})\n\n${file ? read(folder + file).toString().trim() : 'no licence file'}\n`;
});
writeFileSync(`${out}charts.LICENSES.txt`, licences.join('\n' + '-'.repeat(80) + '\n\n'));
console.log(`${out}charts.js: ${read('../moderation/static/charts.js').length} bytes of ${names.size} packages`);
