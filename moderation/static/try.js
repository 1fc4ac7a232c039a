// The page /console/try: a comment goes to the service when it is sent or when typing pauses, and what comes back is shown.
import {ask, calm, element, marked} from './console.js';

const byId = id => document.getElementById(id);
const DONE = {approve: 'Approved', review: 'Held for review', reject: 'Rejected'};
const THEN = {approve: 'approved', review: 'held for review'};

async function score(signal) {
  const text = byId('text').value;
  if (!text) { byId('found').hidden = true; byId('error').hidden = true; byId('status').textContent = ''; return; }
  try {
    const found = await ask('/console/try', {text, section: byId('section')?.value || null}, signal);
    show(text, found);
    byId('error').hidden = true;
  } catch (fault) {
    if (fault.name === 'AbortError') return;
    byId('error').textContent = fault.message;
    byId('error').hidden = false;
    byId('found').hidden = true;
  }
}

function show(text, {result, lines, views, candidates, attributes}) {
  const points = Array.from(text), piece = ({start, end}) => points.slice(start, end).join('');
  byId('decision').textContent = DONE[result.action];
  byId('decision').className = result.action;
  byId('status').textContent = DONE[result.action];
  byId('reasons').replaceChildren(...result.reasons.map(reason => element('li', {}, element('strong', {}, reason.category),
    ` ${reason.score.toFixed(2)}, and ${reason.threshold.toFixed(2)} is enough to ${reason.action}. ${reason.clause}`)));
  byId('shown').replaceChildren(...marked(text, result.spans.map(span => ({...span, title: span.term ?
    `${span.category}: ${span.term}, ${span.severity}, ${span.disguise}` : `${span.category}: raised the ${span.source}'s score`}))));
  byId('changes').replaceChildren(...(result.counterfactuals ?? []).map(change => element('li', {},
    `It would be ${THEN[change.action]} without “${change.spans.map(piece).join('” and “')}”.`)));
  byId('categories').replaceChildren(...Object.entries(result.categories).flatMap(([name, {score, action}]) => scale(name, score, action, lines[name])));
  byId('words').querySelector('tbody').replaceChildren(...candidates.map(found => element('tr', {}, element('td', {}, `${found.start} to ${found.end}`),
    element('td', {}, piece(found)), element('td', {}, found.term), element('td', {}, found.outcome))));
  byId('no-words').hidden = candidates.length > 0;
  byId('words').hidden = candidates.length === 0;
  byId('attributes').querySelector('tbody').replaceChildren(...attributes.map(({name, score, words}) => element('tr', {}, element('th', {scope: 'row'}, name.replaceAll('_', ' ')),
    element('td', {class: 'number'}, score.toFixed(3)), element('td', {}, words.map(word => `${piece(word)} +${word.weight.toFixed(2)}`).join(', ')))));
  byId('views').replaceChildren(...views.flatMap(view => [element('dt', {}, view.name), element('dd', {}, view.text)]));
  byId('found').hidden = false;
}

function scale(name, score, action, {review, reject, clause}) {
  const bar = element('div', {class: `bar ${action}`});
  bar.style.width = `${100 * score}%`;
  const ticks = [['review', review], ['reject', reject]].map(([line, value]) => {
    const tick = element('div', {class: 'tick'}, element('span', {}, `${line} ${value}`));
    tick.style.left = `${100 * value}%`;
    return tick;
  });
  return [element('h3', {}, `${name} ${score.toFixed(2)} `, element('small', {}, clause)),
    element('div', {class: 'scale', role: 'img', 'aria-label': `${name}: ${score.toFixed(2)}; review from ${review}, reject from ${reject}`}, bar, ...ticks)];
}

const soon = calm(score, 250);
byId('text').addEventListener('input', soon);
byId('section')?.addEventListener('change', soon);
byId('form').addEventListener('submit', event => { event.preventDefault(); soon(); });
