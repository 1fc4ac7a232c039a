// What the console's scripts share: asking the service, saying what went wrong, showing a comment with its spans.

// The answer to a question put to the service; an Error whose message may be shown if it refuses.
export async function ask(path, question, signal) {
  const form = question instanceof FormData;
  let response;
  try {
    response = await fetch(path, {method: 'POST', signal, body: form ? question : JSON.stringify(question),
      headers: {Accept: 'application/json', ...(form ? {} : {'Content-Type': 'application/json'})}});
  } catch (fault) {
    throw fault.name === 'AbortError' ? fault : new Error('The service does not answer. Is it running?');
  }
  if (response.status === 401) location.assign(`/console/sign-in?page=${location.pathname.split('/').pop()}`);
  const answer = await response.json().catch(() => ({title: 'The service failed', detail: `status ${response.status}`}));
  if (!response.ok) throw Object.assign(new Error(told(answer)), {answer, status: response.status});
  return answer;
}

function told({title, field, detail, hint}) {
  return `${[title, [field, detail].filter(Boolean).join(' ')].filter(Boolean).join(': ')}${hint ? `. ${hint}` : ''}`;
}

// An element with attributes and children; texts are texts, never HTML.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  made.append(...children);
  return made;
}

// A comment as nodes, with a <mark> around each span ({start, end} in code points); where spans overlap, the first one given holds.
export function marked(text, spans) {
  const points = Array.from(text), owner = new Array(points.length).fill(null);
  for (const span of spans) for (let at = span.start; at < span.end; at++) owner[at] ??= span;
  const nodes = [];
  for (let at = 0, from = 0; at <= points.length; at++) {
    if (at < points.length && owner[at] === owner[from]) continue;
    const piece = points.slice(from, at).join(''), span = owner[from];
    if (piece) nodes.push(span ? element('mark', {class: span.source, title: span.title}, piece) : piece);
    from = at;
  }
  return nodes;
}

// Calls no oftener than every `wait` milliseconds, the last one always; the one before is aborted.
export function calm(call, wait = 150) {
  let timer, control;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => { control?.abort(); control = new AbortController(); call(control.signal, ...given); }, wait);
  };
}
