'use strict';

// ---- the document

/** What a reference points to. */
function resolved(doc, value) {
  while (value && value.$ref) {
    value = value.$ref.slice(2).split('/').reduce((at, name) => at[name], doc);
  }
  return value || {};
}

/** The fields of a schema, its parts' fields among them, as a list of [name, schema, required]. */
function fields(doc, schema) {
  const own = resolved(doc, schema);
  const required = new Set(own.required || []);
  const all = [];
  Object.entries(own.properties || {}).forEach(([name, field]) => all.push([name, field, required.has(name)]));
  (own.allOf || []).forEach(part =>
    fields(doc, part).forEach(([name, field, must]) => all.push([name, field, must || required.has(name)])));
  return all.sort((a, b) => b[2] - a[2]);
}

/** A schema's type in a word or two. */
function typeOf(doc, schema) {
  const own = resolved(doc, schema);
  if (own.const !== undefined) return JSON.stringify(own.const);
  if (own.enum) return own.enum.map(value => JSON.stringify(value)).join(' | ');
  if (own.oneOf) return own.oneOf.map(one => typeOf(doc, one)).join(' or ');
  if (own.type === 'array') return 'array of ' + typeOf(doc, own.items || {});
  let type = [].concat(own.type || 'any').join(' or ');
  const least = own.minimum ?? own.exclusiveMinimum;
  if (least !== undefined && own.maximum !== undefined) type += ', ' + least + ' to ' + own.maximum;
  else if (least !== undefined) type += ', at least ' + least;
  if (own.default !== undefined) type += ', ' + JSON.stringify(own.default) + ' by default';
  return type;
}

/** The schema whose fields are worth a look inside this one. */
function inside(doc, schema) {
  const own = resolved(doc, schema);
  if (own.type === 'array') return inside(doc, own.items || {});
  const one = (own.oneOf || []).map(part => inside(doc, part)).find(part => fields(doc, part).length);
  return one || own;
}

// ---- elements

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  Object.entries(attributes || {}).forEach(([name, value]) => {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  });
  element.append(...children);
  return element;
}

function table(doc, schema, depth) {
  return make('table', {}, ...fields(doc, schema).map(([name, field, required]) => {
    const own = resolved(doc, field);
    const nested = inside(doc, field);
    const classes = (required ? 'required ' : '') + (own.deprecated ? 'deprecated' : '');
    const text = make('td', {}, make('span', {class: 'type'}, typeOf(doc, field)));
    if (own.description) text.append(make('div', {}, own.description));
    if (depth < 6 && fields(doc, nested).length) {
      text.append(make('details', {}, make('summary', {}, 'fields'), table(doc, nested, depth + 1)));
    }
    return make('tr', {}, make('td', {}, make('code', {class: classes}, name)), text);
  }));
}

function responses(doc, operation) {
  return make('table', {}, ...Object.entries(operation.responses).map(([status, response]) => {
    const own = resolved(doc, response);
    const text = make('td', {}, own.description);
    Object.entries(own.content || {}).forEach(([type, content]) => {
      const shown = table(doc, content.schema, 0);
      text.append(make('details', {}, make('summary', {class: 'type'}, type), shown));
    });
    return make('tr', {}, make('td', {}, make('code', {}, status)), text);
  }));
}

// ---- sending

/** Stays in this page. */
const key = make('input', {type: 'password', autocomplete: 'off', 'aria-label': 'API key', placeholder: 'if the server needs one'});

/** Where a path of the document is, seen from this page. */
function address(path, values) {
  const filled = path.replace(/\{(\w+)\}/g, (whole, name) => values[name].split('/').map(encodeURIComponent).join('/'));
  return new URL('.' + filled, new URL('.', location.href)).href;
}

/** Takes a stream's text as it comes, calls back with each event's data. */
function eventReader(take) {
  let rest = '';
  return text => {
    rest += text;
    const events = rest.split('\n\n');
    rest = events.pop();
    events.forEach(event => {
      const data = event.split('\n').filter(line => line.startsWith('data: ')).map(line => line.slice(6)).join('\n');
      if (data) take(data);
    });
  };
}

/** What the model said in an event, of whichever endpoint. */
function said(data) {
  if (data === '[DONE]') return '';
  const event = JSON.parse(data);
  if (typeof event.delta === 'string') return event.delta;
  if (event.delta && typeof event.delta.text === 'string') return event.delta.text;
  return (event.choices || [])
    .map(choice => choice.text ?? choice.delta?.reasoning_content ?? choice.delta?.content ?? '')
    .join('');
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch (e) {
    return text; // not everything is JSON
  }
}

function curl(method, url, headers, body) {
  const quoted = text => "'" + text.replaceAll("'", "'\\''") + "'";
  const told = Object.entries(headers).map(([name, value]) => ' -H ' + quoted(name + ': ' + value)).join('');
  const login = key.value ? ' -H "Authorization: Bearer $API_KEY"' : '';
  const data = body === undefined ? '' : ' -d ' + quoted(body);
  return 'curl ' + (method === 'GET' ? '' : '-X ' + method + ' ') + quoted(url) + login + told + data;
}

async function send(method, url, told, body, signal, out) {
  const headers = key.value ? {...told, Authorization: 'Bearer ' + key.value} : told;
  const start = performance.now();
  const response = await fetch(url, {method, headers, body, signal});
  const ignored = response.headers.get('x-martlet-ignored');
  const status = make('div', {class: response.ok ? '' : 'failed'}, response.status + ' ' + response.statusText);
  if (ignored) status.append(make('div', {}, 'Without effect: ' + ignored));
  const text = make('pre', {class: 'said'});
  const raw = make('pre', {});
  out.replaceChildren(status, raw);
  if (!(response.headers.get('content-type') || '').startsWith('text/event-stream')) {
    raw.textContent = pretty(await response.text());
  } else {
    out.replaceChildren(status, text, make('details', {}, make('summary', {}, 'events'), raw));
    const read = eventReader(data => {
      text.append(said(data));
      raw.append(data + '\n');
    });
    const decoder = new TextDecoder();
    for (const reader = response.body.getReader();;) {
      const piece = await reader.read();
      if (piece.done) break;
      read(decoder.decode(piece.value, {stream: true}));
    }
  }
  status.append(' in ' + Math.round(performance.now() - start) + ' ms');
}

function trial(doc, method, path, operation) {
  const content = operation.requestBody && operation.requestBody.content['application/json'];
  const inputs = {};
  const parts = [];
  const parameters = (operation.parameters || []).map(parameter => resolved(doc, parameter));
  parameters.forEach(parameter => {
    inputs[parameter.name] = make('input', {name: parameter.name, placeholder: parameter.description});
    parts.push(make('label', {}, parameter.name, inputs[parameter.name]));
  });
  const body = make('textarea', {spellcheck: 'false', 'aria-label': 'Request body'});
  if (content) {
    body.value = JSON.stringify(content.example, null, 2);
    body.setAttribute('rows', body.value.split('\n').length);
    parts.push(body);
  }
  const out = make('div', {'aria-live': 'polite'});
  const line = make('pre', {});
  let running = null;
  const go = async () => {
    const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
    const text = content ? body.value : undefined;
    const url = address(path, values);
    const headers = content ? {'Content-Type': 'application/json'} : {};
    parameters.filter(parameter => parameter.in === 'header' && values[parameter.name])
      .forEach(parameter => { headers[parameter.name] = values[parameter.name]; });
    line.textContent = curl(method, url, headers, text);
    if (running) running.abort();
    const mine = running = new AbortController();
    out.replaceChildren('...');
    try {
      await send(method, url, headers, text, mine.signal, out);
    } catch (e) {
      out.append(make('div', {class: 'failed'}, mine.signal.aborted ? 'stopped' : String(e)));
    }
    if (running === mine) running = null;
  };
  const stop = () => running && running.abort();
  parts.push(make('button', {onclick: go}, 'Send'), make('button', {onclick: stop}, 'Stop'), line, out);
  return make('div', {}, ...parts);
}

// ---- the page

function operationOf(doc, path, method, operation) {
  const content = operation.requestBody && operation.requestBody.content['application/json'];
  const summary = make('summary', {},
    make('span', {class: 'method ' + method}, method.toUpperCase()),
    make('span', {class: 'path'}, path),
    make('span', {}, operation.summary));
  const whole = make('details', {class: 'operation', id: operation.operationId}, summary);
  let filled = false;
  whole.addEventListener('toggle', () => {
    if (filled) return;
    filled = true;
    const inner = make('div', {});
    if (operation.description) inner.append(make('p', {}, operation.description));
    inner.append(make('h4', {}, 'Try it'), trial(doc, method.toUpperCase(), path, operation));
    if (content) inner.append(make('h4', {}, 'Fields'), table(doc, content.schema, 0));
    inner.append(make('h4', {}, 'Responses'), responses(doc, operation));
    whole.append(inner);
  });
  return whole;
}

function show(doc, page) {
  page.replaceChildren(
    make('h1', {}, doc.info.title + ' ' + doc.info.version),
    make('p', {}, doc.info.description),
    make('p', {}, make('a', {href: 'openapi.json'}, 'openapi.json')),
    make('label', {}, 'API key', key));
  doc.tags.forEach(tag => {
    page.append(make('h2', {}, tag.name), make('p', {class: 'soft'}, tag.description));
    Object.entries(doc.paths).forEach(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation.tags.includes(tag.name))
        .forEach(([method, operation]) => page.append(operationOf(doc, path, method, operation))));
  });
}

fetch('openapi.json')
  .then(response => response.json())
  .then(doc => show(doc, document.getElementById('page')))
  .catch(e => document.getElementById('page').replaceChildren('openapi.json cannot be shown: ' + e));
