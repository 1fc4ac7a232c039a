// Draws the charts of a page: every `figure.chart` that moderation/charts.py wrote, and what a page's own script asks for by
// `charts.draw(element, spec)`. Vega-Lite makes the drawing; its expressions are interpreted, never compiled with `eval`, so that
// it works under a Content-Security-Policy of `script-src 'self'`. Colours are the custom properties of page.css, which
// the browser changes between light and dark.
import {transforms} from 'vega-dataflow';
import * as encode from 'vega-encode';
import {expressionInterpreter} from 'vega-interpreter';
import {compile} from 'vega-lite';
import {parse} from 'vega-parser';
import {Handler} from 'vega-tooltip';
import * as basic from 'vega-transforms';
import {extend, Warn} from 'vega-util';
import {View} from 'vega-view';
import * as layout from 'vega-view-transforms';

// Without maps, trees, forces and word clouds.
extend(transforms, basic, layout, encode);

const FONT = 'system-ui, sans-serif';
const SERIES = [1, 2, 3, 4, 5, 6, 7].map(number => `var(--series-${number})`);
const words = {labelColor: 'var(--soft)', titleColor: 'var(--ink)', labelFont: FONT, titleFont: FONT, labelFontSize: 12, titleFontSize: 12,
  titleFontWeight: 'normal'};

function config(width) {
  return {
    aria: false, background: null, font: FONT, padding: 2, view: {stroke: null},
    range: {category: SERIES},
    axis: {...words, domainColor: 'var(--line)', gridColor: 'var(--line)', tickColor: 'var(--line)', gridOpacity: 0.6, labelLimit: width / 3,
      labelOverlap: true},
    legend: {...words, orient: 'top', title: null, columns: Math.max(1, Math.floor(width / 150)), labelLimit: 260, symbolStrokeWidth: 2},
    header: words, text: {color: 'var(--ink)', font: FONT, fontSize: 12}, rule: {color: 'var(--ink)'}, bar: {color: SERIES[0]},
    line: {color: SERIES[0], strokeWidth: 2}, point: {color: SERIES[0], filled: true, size: 36}, area: {color: SERIES[0]},
  };
}

const tooltip = new Handler({disableDefaultStyle: true});

// Draw a Vega-Lite spec within an element, in place of what it holds; a promise of the Vega view, whose `signal`, `data` and
// `change` a page's script may use. The spec's width may be "container".
export async function draw(element, spec) {
  element.view?.finalize();
  const room = element.clientWidth || 600;
  const inner = document.createElement('div');
  // Who cannot see the drawing is told of it by the element's own label, not by its hundreds of marks.
  if (element.getAttribute('role') === 'img') inner.setAttribute('aria-hidden', 'true');
  element.replaceChildren(inner);
  const runtime = parse(compile(spec, {config: config(room)}).spec, undefined, {ast: true});
  element.view = new View(runtime, {container: inner, renderer: 'svg', expr: expressionInterpreter, hover: true, logLevel: Warn,
    tooltip: tooltip.call});
  return element.view.runAsync();
}

// Draw every figure of the page, or within an element.
export function drawAll(root = document) {
  return Promise.all([...root.querySelectorAll('figure.chart')].map(figure =>
    draw(figure.querySelector('.plot'), JSON.parse(figure.querySelector('script').textContent))));
}

globalThis.charts = {draw, drawAll, drawn: new Promise(resolve => {
  const start = () => resolve(drawAll().then(() => true));
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})};
