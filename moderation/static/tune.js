// The page /console/tune: two lines over a histogram, moved by pointer, keyboard or number; every figure comes from the service.
import {ask, calm, element, marked} from './console.js';

const byId = id => document.getElementById(id);
const NAMES = {precision: 'rejected comments that break the rule', review_precision: 'held or rejected comments that break it',
  recall: 'violations that are rejected', miss: 'violations that are missed', false_positive_rate: 'civil comments that are rejected',
  touched: 'civil comments that are held or rejected', rejected: 'comments that are rejected', reviewed: 'comments that are held'};
const DRAFT = 'moderation.draft';
const LINES = ['review', 'reject'];
let opened = null;       // what the service said of the labels
let moved = {};          // section ("" for all) -> category -> [review, reject]
let pair = [0.5, 0.9];   // the lines that are shown
let file = null;         // what was opened, to open it again when the service has forgotten it

const category = () => byId('category').value;
const section = () => byId('section').value;
const number = id => Number(byId(id).value) || 0;
const costs = () => ['wrong_reject', 'miss', 'review'].filter(name => byId(`cost-${name}`).value !== '').map(name => `${name}=${byId(`cost-${name}`).value}`);
const question = () => ({labels: opened.labels, category: category(), section: section() || null, lines: moved,
  comments_per_day: number('per-day'), seconds_per_review: number('seconds') || 20, costs: costs()});
const percent = value => value === null ? '–' : `${(100 * value).toFixed(1)} %`;

function fail(fault) {
  if (fault.name === 'AbortError') return;
  byId('error').textContent = fault.message;
  byId('error').hidden = false;
}

// Run something that asks the service; say what went wrong.
async function trying(work) {
  byId('error').hidden = true;
  try {
    return await work();
  } catch (fault) {
    if (fault.status === 404 && file) { await open(file); return; }
    fail(fault);
  }
}

async function open(chosen) {
  const name = chosen === 'store' ? 'store' : chosen.name;
  byId('opened').textContent = 'Reading and scoring…';
  const response = await fetch(`/console/tune/labels?name=${encodeURIComponent(name)}`, {method: 'POST', body: chosen === 'store' ? '' : chosen,
    headers: {Accept: 'application/json', 'Content-Type': 'application/octet-stream'}}).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (!response?.ok) {
    byId('opened').textContent = '';
    throw new Error(answer ? [answer.field, answer.detail, answer.hint].filter(Boolean).join(' ') : 'The service does not answer. Is it running?');
  }
  [opened, file, moved] = [answer, chosen === 'store' ? null : chosen, {}];
  byId('opened').textContent = `${opened.comments.toLocaleString('en')} comments opened and scored.`;
  byId('category').replaceChildren(...opened.categories.map(name => element('option', {}, name)));
  byId('section').replaceChildren(element('option', {value: ''}, 'all comments'), ...opened.sections.map(name => element('option', {}, name)));
  byId('load-draft').hidden = !localStorage.getItem(DRAFT);
  byId('board').hidden = false;
  await look();
}

// Another category or section: its charts, then its figures.
async function look() {
  const found = await ask('/console/tune/charts', question());
  byId('histogram').innerHTML = found.histogram;  // our own HTML, in which every text is escaped
  byId('curves').innerHTML = found.curves.join('');
  await charts.drawAll(byId('histogram'));
  await charts.drawAll(byId('curves'));
  const figures = await ask('/console/tune/figures', question());
  pair = [figures.review, figures.reject];
  handles();
  show(figures);
  await detail();
}

const plot = () => byId('histogram').querySelector('.plot');

function handles() {
  const [left] = plot().view.origin(), [from, to] = plot().view.scale('x').range(), height = plot().view.height();
  plot().querySelectorAll('.handle').forEach(old => old.remove());
  plot().setAttribute('role', 'group');  // a picture's parts are not told to readers of screens, and the lines can be moved
  for (const [at, line] of LINES.entries()) {
    const handle = element('div', {class: `handle ${line}`, id: `handle-${line}`, role: 'slider', tabindex: '0', 'aria-label': `${line} line`,
      'aria-valuemin': '0', 'aria-valuemax': '1', 'aria-orientation': 'horizontal'}, element('span', {}, line));
    handle.style.height = `${height}px`;
    handle.style.top = `${plot().view.origin()[1]}px`;
    handle.place = () => { handle.style.left = `${left + from + (to - from) * Math.min(pair[at], 1)}px`; };
    const to_score = event => (event.clientX - plot().getBoundingClientRect().left - left - from) / (to - from);
    handle.addEventListener('pointerdown', event => { event.preventDefault(); handle.focus(); handle.setPointerCapture(event.pointerId); });
    handle.addEventListener('pointermove', event => handle.hasPointerCapture(event.pointerId) && move(at, Math.round(100 * to_score(event)) / 100));
    handle.addEventListener('keydown', event => {
      const step = event.shiftKey ? 0.001 : 0.01;
      const by = {ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -0.1, PageUp: 0.1}[event.key];
      const place = {Home: 0.01, End: 1}[event.key] ?? (by === undefined ? undefined : pair[at] + by);
      if (place === undefined) return;
      event.preventDefault();
      move(at, Math.round(1000 * place) / 1000);
    });
    plot().append(handle);
  }
  place();
}

function place() {
  for (const [at, line] of LINES.entries()) {
    const handle = byId(`handle-${line}`);
    handle.place();
    handle.setAttribute('aria-valuenow', pair[at]);
    handle.setAttribute('aria-valuetext', `${line} from ${pair[at]}`);
    if (document.activeElement !== byId(line)) byId(line).value = pair[at];
  }
}

// Put a line somewhere; review never stands above reject, so the other line gives way to none.
function move(at, place_wanted) {
  const place_taken = at === 0 ? Math.min(Math.max(place_wanted, 0.0001), pair[1]) : Math.max(Math.min(place_wanted, 1.0001), pair[0]);
  if (place_taken === pair[at]) return;
  pair = at === 0 ? [place_taken, pair[1]] : [pair[0], place_taken];
  (moved[section()] ??= {})[category()] = pair;
  place();
  refresh();
}

function refresh() { figure(); later(); }

const figure = calm(async signal => trying(async () => show(await ask('/console/tune/figures', question(), signal))), 60);
const later = calm(async signal => trying(() => detail(signal)), 400);

function show(found) {
  byId('counted').textContent = `${found.labels.toLocaleString('en')} labels, ${found.violations.toLocaleString('en')} of comments that break the rule. Review from ${found.review}, reject from ${found.reject}:`;
  byId('sentences').replaceChildren(...found.sentences.map(sentence => element('li', {}, sentence)));
  byId('load').textContent = found.load ? `All categories together: ${found.load}.` : '';
  byId('cost').textContent = found.cost === null ? '' : `1,000 comments cost ${found.cost.toFixed(1)}.`;
  byId('shares').querySelector('tbody').replaceChildren(...Object.entries(found.shares).map(([name, [value, low, high]]) => element('tr', {},
    element('td', {}, NAMES[name]), element('td', {class: 'number', 'data-name': name, 'data-value': value}, percent(value)),
    element('td', {}, value === null ? '' : `${percent(low)} to ${percent(high)}`))));
}

async function detail(signal) {
  const found = await ask('/console/tune/details', question(), signal);
  for (const line of LINES) byId(`near-${line}`).replaceChildren(...found.near[line].map(comment));
  byId('groups').querySelector('tbody').replaceChildren(...found.groups.map(group => element('tr', group.unfair ? {class: 'unfair'} : {},
    element('th', {scope: 'row'}, {all: '', section: 'section ', names: 'names '}[group.kind] + group.name + (group.unfair ? ' – held more often' : '')),
    element('td', {class: 'number'}, String(group.labels)), element('td', {}, bounded(group.touched)), element('td', {}, bounded(group.missed)))));
  byId('flows').replaceChildren(...(found.flows.length ? found.flows.map(flow => element('li', {},
    `${flow.comments} from ${flow.before} to ${flow.after}, ${flow.violations} of which break a rule`)) : [element('li', {}, 'No labelled comment changes its action.')]));
  byId('flips').replaceChildren(...found.flips.map(comment));
  const draft = await ask('/console/tune/draft', question(), signal);
  byId('difference').replaceChildren(...draft.difference.split('\n').map(line => element('span', {class: line.startsWith('+') ? 'added' : line.startsWith('-') ? 'taken' : ''}, `${line}\n`)));
  byId('difference').hidden = !draft.difference;
  byId('unchanged').hidden = Boolean(draft.difference);
  byId('publish-button').disabled = !draft.difference;
  byId('publish').text = draft.text;
}

const bounded = ([value, low, high]) => value === null ? '–' : `${percent(value)} (${percent(low)} to ${percent(high)})`;

function comment({text, score, label, spans, change, place}) {
  return element('li', {}, element('span', {class: 'soft'}, `${score.toFixed(4)} · ${label}${change ? ` · ${change}` : ''} · ${place}`),
    element('p', {class: 'comment'}, ...marked(text, spans.map(([start, end, name]) => ({start, end, source: 'lexicon', title: name})))));
}

// Take up lines, {section: {category: [review, reject]}}, as far as they differ from those in force.
async function take(lines) {
  moved = {};
  for (const [name, found] of Object.entries(lines)) for (const [key, value] of Object.entries(found)) {
    if (String(opened.live[name]?.[key]) !== String(value)) (moved[name] ??= {})[key] = value;
  }
  await look();
}

byId('file').addEventListener('change', event => event.target.files[0] && trying(() => open(event.target.files[0])));
byId('stored').addEventListener('click', () => trying(() => open('store')));
for (const id of ['category', 'section']) byId(id).addEventListener('change', () => trying(look));
for (const id of ['per-day', 'seconds', 'cost-wrong_reject', 'cost-miss', 'cost-review']) byId(id).addEventListener('input', refresh);
for (const [at, line] of LINES.entries()) {
  byId(line).addEventListener('input', () => byId(line).value && move(at, Number(byId(line).value)));
  byId(line).addEventListener('blur', () => { byId(line).value = pair[at]; });
}
byId('reset').addEventListener('click', () => trying(async () => { moved = {}; await look(); }));
byId('find').addEventListener('submit', event => {
  event.preventDefault();
  trying(async () => {
    const wish = byId('target').value.trim();
    const found = await ask('/console/tune/find', {labels: opened.labels, targets: wish ? [wish.includes(':') ? wish : `${category()}: ${wish}`] : [],
      costs: costs(), review_per_day: number('capacity'), comments_per_day: number('per-day')});
    byId('promises').replaceChildren(...found.promised.map(text => element('li', {}, `Promised: ${text}.`)),
      ...found.missing.map(text => element('li', {class: 'error'}, text)));
    if (!found.missing.length) await take(found.lines);
  });
});
byId('save').addEventListener('click', () => {
  localStorage.setItem(DRAFT, JSON.stringify(moved));
  byId('load-draft').hidden = false;
  byId('published').textContent = 'The draft is saved in this browser.';
});
byId('load-draft').addEventListener('click', () => trying(async () => { moved = JSON.parse(localStorage.getItem(DRAFT)); await look(); }));
byId('download').addEventListener('click', () => {
  const link = element('a', {href: URL.createObjectURL(new Blob([byId('publish').text], {type: 'application/toml'})), download: 'policy.toml'});
  link.click();
  URL.revokeObjectURL(link.href);
});
byId('publish').addEventListener('submit', event => {
  event.preventDefault();
  byId('publish-button').disabled = true;
  byId('published').textContent = 'Trying it on the functional cases and the seed comments…';
  put('/console/tune/publish', {...question(), reason: byId('reason').value, override: byId('override').value, base: opened.policy});
});
byId('undo').addEventListener('click', () => {
  if (!byId('reason').value) { byId('reason').setCustomValidity('Say why it is undone'); byId('reason').reportValidity(); byId('reason').setCustomValidity(''); return; }
  put('/console/tune/undo', {reason: byId('reason').value});
});

async function put(path, asked) {
  byId('refusal').hidden = true;
  try {
    const found = await ask(path, asked);
    byId('published').textContent = found.told;
    byId('policy-version').textContent = found.policy;
    [byId('reason').value, byId('override').value] = ['', ''];
    byId('override-row').hidden = true;
    await trying(() => open(file ?? 'store'));
  } catch (fault) {
    byId('published').textContent = '';
    byId('refusal').textContent = fault.message;
    byId('refusal').hidden = false;
    byId('override-row').hidden = !fault.answer?.may_override;
    byId('publish-button').disabled = false;
  }
}

addEventListener('resize', () => opened && trying(async () => { await charts.drawAll(byId('histogram')); handles(); }));
