// Everything that the pages do in the browser beyond links, forms and htmx:
// charts, the drawer, menus, copy buttons and the live list. Each part looks
// for its own attribute and does nothing where there is none.

const body = document.body;

// ---- Menus: <details class="menu"> close on Escape and on a click outside.

function closeMenus(except) {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (menu !== except) menu.open = false;
  }
}
document.addEventListener('click', (e) => closeMenus(e.target.closest('details.menu')));
// A menu that would leave the window at the right ends with its button.
document.addEventListener('toggle', (e) => {
  const list = e.target.matches('details.menu[open]') && e.target.querySelector(':scope > .menu-body');
  if (list && list.getBoundingClientRect().right > document.documentElement.clientWidth) list.classList.add('end');
}, true);
document.addEventListener('keydown', (e) => {
  if (e.key !== 'Escape') return;
  const open = document.querySelector('details.menu[open]');
  if (open) {
    open.open = false;
    open.querySelector('summary').focus();
  }
});

// ---- Forms that apply themselves when a choice is made.

document.addEventListener('change', (e) => {
  if (e.target.matches('[data-submit]')) e.target.form.requestSubmit();
});

// Empty fields stay out of the address, so that a link is as short as what it says.
document.addEventListener('submit', (e) => {
  if (e.target.method !== 'get') return;
  for (const field of e.target.elements) {
    if (field.name && field.value === '') field.disabled = true;
  }
  setTimeout(() => {
    for (const field of e.target.elements) field.disabled = false;
  });
});

// The set-up page offers the browser's own zone.
for (const field of document.querySelectorAll('[data-zone]')) {
  field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
}

// What an action's redirect said need not be said again on a reload.
const here = new URL(location.href);
if (here.searchParams.has('done')) {
  here.searchParams.delete('done');
  history.replaceState(null, '', here);
}

// ---- Copy buttons.

async function copy(button) {
  const text = document.querySelector(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain http the clipboard is closed to pages: the old way still works.
    const area = document.createElement('textarea');
    area.value = text;
    body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  const label = button.querySelector('span');
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 1500);
}
document.addEventListener('click', (e) => {
  const button = e.target.closest('[data-copy]');
  if (button) copy(button);
});

// ---- Print buttons.

document.addEventListener('click', (e) => {
  if (e.target.closest('[data-print]')) window.print();
});

// ---- Drawer: a link marked data-drawer shows its page at the side. Without
// this script the link leads to the same content as a page of its own.

const drawer = document.querySelector('dialog.drawer');

async function openDrawer(href) {
  await window.htmx.ajax('GET', href, { target: '#drawer-body', swap: 'innerHTML' });
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
}
document.addEventListener('click', (e) => {
  const link = e.target.closest('a[data-drawer]');
  link?.closest('details.menu')?.removeAttribute('open');
  if (!link || !drawer || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
  e.preventDefault();
  openDrawer(link.getAttribute('href'));
});
if (drawer) {
  drawer.addEventListener('click', (e) => {
    if (e.target === drawer || e.target.closest('.close')) drawer.close();
  });
}

// ---- Live list: no polling while nobody looks or while it is paused.

document.addEventListener('htmx:beforeRequest', (e) => {
  if (!e.target.matches('[data-live]')) return;
  if (document.hidden || body.dataset.paused === 'yes') e.preventDefault();
});
document.addEventListener('click', (e) => {
  const button = e.target.closest('[data-pause]');
  if (!button) return;
  const paused = body.dataset.paused !== 'yes';
  body.dataset.paused = paused ? 'yes' : 'no';
  button.setAttribute('aria-pressed', String(paused));
  button.querySelector('span').textContent = paused ? button.dataset.resume : button.dataset.stop;
  const dot = document.querySelector('.live-dot');
  if (dot) dot.hidden = paused;
});

// ---- Charts.

// printing tells that the charts are drawn for paper.
let printing = false;

const lang = document.documentElement.lang;
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');

// colour reads one of the page's colours as the theme resolves it now.
function colour(name) {
  const probe = document.createElement('i');
  probe.className = `farol-${name}`;
  body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function faded(rgb, alpha) {
  return rgb.replace('rgb(', 'rgba(').replace(')', `, ${alpha})`);
}

function tickFormat(unit) {
  if (unit.kind === 'percent') {
    const f = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 1 });
    return (v) => f.format(v);
  }
  const options = { notation: 'compact', maximumFractionDigits: 1 };
  if (unit.kind === 'money') Object.assign(options, { style: 'currency', currency: unit.currency });
  const f = new Intl.NumberFormat(lang, options);
  return (v) => f.format(v);
}

// band draws the interval: an unseen line at the low end and a filled one
// stacked on it as high as the interval is wide.
function band(s, tint) {
  const base = {
    type: 'line', stack: `band ${s.name}`, stackStrategy: 'all', silent: true, symbol: 'none',
    lineStyle: { opacity: 0 }, tooltip: { show: false }, animation: false, z: 1,
  };
  const width = s.low.map((low, i) => (low === null || s.high[i] === null ? null : s.high[i] - low));
  return [
    { ...base, data: s.low },
    { ...base, data: width, areaStyle: { color: faded(tint, 0.16) } },
  ];
}

// lines draws complete periods solid, and every stretch that touches an
// incomplete one dashed with hollow points.
function lines(s, tint) {
  const open = (i) => Boolean(s.open && s.open[i]);
  const n = s.values.length;
  const solid = s.values.map((v, i) => (open(i) ? null : v));
  const dashed = s.values.map((v, i) => (open(i) || (i > 0 && open(i - 1)) || (i + 1 < n && open(i + 1)) ? v : null));
  const base = { type: 'line', name: s.name, color: tint, z: 3, lineStyle: { width: 2, color: tint } };
  const out = [{ ...base, data: solid, symbol: 'circle', symbolSize: 5, showSymbol: n < 40, emphasis: { scale: 1.6 } }];
  if (dashed.some((v) => v !== null) && s.values.some((v, i) => open(i))) {
    out.push({
      ...base,
      data: dashed.map((v, i) => (v === null ? null : { value: v, symbolSize: open(i) ? 6 : 0 })),
      symbol: 'emptyCircle', showSymbol: n < 40 || dashed.filter((v) => v !== null).length < 4,
      lineStyle: { width: 2, color: tint, type: [4, 4] },
    });
  }
  return out;
}

function bars(s, tint, stacked) {
  const data = s.values.map((v, i) => {
    if (!v || !(s.open && s.open[i])) return v;
    return {
      value: v,
      itemStyle: {
        color: faded(tint, 0.3), borderColor: tint, borderType: 'dashed', borderWidth: 1,
        decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: faded(tint, 0.8) },
      },
    };
  });
  const look = stacked ? { stack: 'all' } : { itemStyle: { borderRadius: [3, 3, 0, 0] } };
  return [{ type: 'bar', name: s.name, color: tint, data, barMaxWidth: 36, ...look }];
}

// steps draws a waterfall: an unseen bar lifts each step to where the one
// before it ended.
function steps(s, tint) {
  let at = 0;
  const lift = [];
  const data = s.values.map((v, i) => {
    const from = s.totals[i] ? 0 : at;
    at = from + v;
    lift.push(Math.min(from, at));
    return { value: Math.abs(v), itemStyle: { color: s.totals[i] ? tint : colour(v < 0 ? 'bad' : 'good'), borderRadius: 2 } };
  });
  const base = { type: 'bar', stack: 'steps', barMaxWidth: 56 };
  return [{ ...base, silent: true, animation: false, itemStyle: { color: 'transparent' }, data: lift }, { ...base, name: s.name, color: tint, data }];
}

// tip is the tooltip as an element: HTML text with inline styles would break
// the page's content security policy.
function tip(data, index) {
  const box = document.createElement('table');
  const caption = box.createCaption();
  caption.textContent = data.titles[index] + (data.series.some((s) => s.open && s.open[index]) ? ` · ${data.incomplete}` : '');
  data.series.forEach((s, i) => {
    if (s.values[index] === null && data.series.length > 4) return;
    const row = box.insertRow();
    const name = row.insertCell();
    const mark = document.createElement('i');
    mark.style.background = colour(s.tint || (i % 8) + 1);
    name.append(mark, s.name);
    row.insertCell().textContent = s.texts[index];
    if (s.ranges && s.ranges[index]) {
      const range = box.insertRow();
      range.insertCell().textContent = data.interval;
      range.insertCell().textContent = s.ranges[index];
    }
  });
  const holder = document.createElement('div');
  holder.className = 'chart-tip';
  holder.append(box);
  return holder;
}

// A scale ends where its values must: no axis promises a share above 100 % or
// a score of 120.
const ends = { percent: [0, 1], points: [-100, 100] };

function ceiling(data) {
  const end = ends[data.unit.kind];
  return end ? (v) => (v.max > 0.8 * end[1] && v.max <= end[1] ? end[1] : null) : undefined;
}

function floor(data) {
  if (data.zero) return (v) => (v.min < 0 ? null : 0);
  const end = ends[data.unit.kind];
  return end ? (v) => (v.min < 0.8 * end[0] && v.min >= end[0] ? end[0] : null) : undefined;
}

// step parts a scale that ends at an end evenly: no 90 % beside 100 %. Null
// leaves it to the chart.
function step(data) {
  const end = ends[data.unit.kind];
  if (!end) return undefined;
  const top = Math.max(...data.series.flatMap((s) => [...s.values, ...(s.high || [])]).filter((v) => v !== null));
  return top > 0.8 * end[1] && top <= end[1] && data.zero ? end[1] / 4 : undefined;
}

function options(data, deep) {
  const ink = colour('quiet');
  const line = colour('line');
  const series = data.series.flatMap((s, i) => {
    const tint = colour(s.tint || (i % 8) + 1);
    if (data.kind === 'steps') return steps(s, tint);
    const shape = data.kind === 'bar' && !s.line ? bars(s, tint, data.series.filter((x) => !x.line).length > 1) : lines(s, tint);
    return s.low && (data.bands || data.series.length < 3) ? [...band(s, tint), ...shape] : shape;
  });
  const named = data.series.length > 1;
  if (data.marks && series.length > 0) {
    series[series.length - 1].markLine = {
      silent: true, symbol: 'none', animation: false, lineStyle: { color: ink, type: [2, 3], width: 1 },
      label: { color: ink, fontSize: 10, position: 'end', rotate: 0, align: 'right', width: 260, overflow: 'truncate', formatter: (p) => p.name },
      data: data.marks.map((m) => ({ xAxis: m.at, name: m.texts.join(', ') })),
    };
  }
  return {
    animation: !calm.matches && !printing, animationDuration: 300,
    textStyle: { fontFamily: getComputedStyle(body).fontFamily },
    grid: { left: 8, right: 14, top: (named ? 18 + 22 * Math.min(deep, 4) : 14) + (data.marks ? 14 : 0), bottom: 4, containLabel: true },
    legend: { show: named, type: deep > 4 ? 'scroll' : 'plain', top: 0, left: 0, padding: [5, 0], itemWidth: 14, itemHeight: 8, icon: 'roundRect', textStyle: { color: ink, overflow: 'truncate', width: legendWidth(data) }, pageTextStyle: { color: ink }, pageIconColor: ink, data: data.series.map((s) => s.name) },
    tooltip: {
      trigger: 'axis', confine: true, transitionDuration: 0, backgroundColor: colour('card'), borderColor: line, padding: [8, 10],
      formatter: (points) => tip(data, points[0].dataIndex),
      axisPointer: { lineStyle: { color: line, width: 1 } },
    },
    xAxis: { type: 'category', data: data.ticks, boundaryGap: data.kind !== 'line', axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: data.names || data.kind === 'steps' ? { color: ink, interval: 0, rotate: 40, width: 110, overflow: 'truncate' } : { color: ink, hideOverlap: true } },
    yAxis: { type: 'value', scale: !data.zero, min: floor(data), max: ceiling(data), minInterval: data.whole ? 1 : undefined, interval: step(data), splitNumber: 4, axisLabel: { color: ink, formatter: tickFormat(data.unit) }, splitLine: { lineStyle: { color: line } } },
    series,
  };
}

// rows tells in how many lines the legend stands; ECharts wraps it, and leaves
// it to us to make room.
function rows(data, holder) {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `12px ${getComputedStyle(body).fontFamily}`;
  let lines = 1;
  let at = 0;
  for (const s of data.series) {
    const width = Math.min(pen.measureText(s.name).width, legendWidth(data)) + 30;
    if (at > 0 && at + width > holder.clientWidth) [lines, at] = [lines + 1, 0];
    at += width;
  }
  return lines;
}

const legendWidth = (data) => (data.series.length > 4 ? 140 : 260);

const drawn = new Map();

function draw(holder) {
  const data = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
  let chart = drawn.get(holder);
  if (!chart) {
    chart = window.echarts.init(holder, null, { renderer: 'canvas' });
    drawn.set(holder, chart);
    let width = holder.clientWidth;
    new ResizeObserver(() => {
      chart.resize();
      if (holder.clientWidth !== width) [width] = [holder.clientWidth, chart.setOption(options(data, rows(data, holder)), true)];
    }).observe(holder);
    chart.on('click', (p) => {
      const links = (data.series.find((s) => s.name === p.seriesName) || {}).links;
      if (links && links[p.dataIndex]) openDrawer(links[p.dataIndex]);
    });
  }
  chart.setOption(options(data, rows(data, holder)), true);
  holder.dataset.drawn = 'yes';
}

function drawAll() {
  if (!window.echarts) return;
  for (const holder of document.querySelectorAll('[data-chart]')) draw(holder);
}
drawAll();

// fit marks cells and tags that hold a word too long for any column, and gives the cells
// of a list that is stacked on a phone their headings.
function fit(root) {
  const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    if (!/[^\s\u00ad]{26}/.test(words.currentNode.data)) continue;
    for (const kind of ['td, th', '.tag']) words.currentNode.parentElement.closest(kind)?.classList.add('long');
  }
  for (const table of root.querySelectorAll('table.stacked')) {
    const heads = [...(table.tHead?.rows[0]?.cells || [])].map((h) => h.textContent.trim());
    for (const row of table.querySelectorAll('tbody tr, tfoot tr')) {
      if (row.cells.length !== heads.length) continue;
      [...row.cells].forEach((cell, i) => { cell.dataset.label ??= heads[i]; });
      if (!row.querySelector('.row-head')) row.cells[0].classList.add('row-head');
    }
  }
}
fit(document.body);
document.addEventListener('htmx:afterSwap', (e) => fit(e.target));

// What takes longer than the rest of a page comes after it. htmx would drop the
// figures of its charts, which are data in script elements.
for (const holder of document.querySelectorAll('[data-later]')) {
  fetch(holder.dataset.later, { headers: { 'HX-Request': 'true' } }).then(async (answer) => {
    holder.innerHTML = answer.ok ? await answer.text() : '';
    drawAll();
    fit(holder);
  });
}
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);

// Paper is white: charts are drawn again in light colours, at once.
const root = document.documentElement;
const onScreen = root.dataset.bsTheme;
window.addEventListener('beforeprint', () => {
  printing = true;
  root.dataset.bsTheme = 'light';
  for (const chart of drawn.values()) chart.resize();
  drawAll();
});
window.addEventListener('afterprint', () => {
  printing = false;
  if (onScreen) root.dataset.bsTheme = onScreen;
  else delete root.dataset.bsTheme;
  drawAll();
});

// ---- Customers: ticking all of a page, and the columns to show.

document.addEventListener('change', (e) => {
  if (!e.target.matches('[data-tick-all]')) return;
  for (const box of e.target.closest('table').querySelectorAll(`input[name=${e.target.dataset.tickAll || 'id'}]`)) box.checked = e.target.checked;
});
document.addEventListener('submit', (e) => {
  if (!e.target.matches('[data-columns]')) return;
  const chosen = [...e.target.querySelectorAll('[data-column]:checked')].map((box) => box.value);
  e.target.elements.cols.disabled = chosen.length === 0;
  e.target.elements.cols.value = chosen.join(',');
}, true);

// The parts of a filter become one condition: column, comparison, value. What
// there is to choose from is asked for when the column is chosen.
document.addEventListener('submit', (e) => {
  if (!e.target.matches('[data-filter]')) return;
  const parts = [...e.target.querySelectorAll('[data-part]')];
  e.target.querySelector('input[name=where][value=""]').value = parts.map((part) => part.value).join('');
}, true);
async function fillValues(form) {
  const list = form.querySelector('[data-values]');
  const column = form.querySelector('select[data-part]').value;
  const to = new URL(list.dataset.values, location.href);
  to.searchParams.set('column', column);
  const answer = await fetch(to);
  if (answer.ok) list.innerHTML = await answer.text();
}
document.addEventListener('change', (e) => {
  const form = e.target.closest('[data-filter]');
  if (form && e.target === form.querySelector('select[data-part]')) fillValues(form);
});
document.addEventListener('toggle', (e) => {
  const form = e.target.open && e.target.querySelector && e.target.querySelector('[data-filter]');
  if (form) fillValues(form);
}, true);

// How many are ticked is said beside what can be done with them.
document.addEventListener('change', (e) => {
  const form = e.target.closest('form');
  const says = form && form.querySelector('[data-ticked]');
  if (!says) return;
  const all = form.querySelector('[data-everybody]');
  if (e.target.matches('input[name=id], [data-tick-all]')) all.checked = false;
  const n = form.querySelectorAll('input[name=id]:checked').length;
  says.textContent = says.dataset.ticked.replace('#', new Intl.NumberFormat(lang).format(n));
});

// A bar of actions: each asks for what it needs, and Enter in a field does what
// stands beside it and not the first of the bar.
document.addEventListener('click', (e) => {
  const button = e.target.closest('button[data-needs]');
  if (!button || !button.form) return;
  const needs = button.dataset.needs.split(' ');
  for (const field of button.form.elements) if (field.closest('.joined')) field.required = needs.includes(field.name);
});
document.addEventListener('keydown', (e) => {
  const group = e.key === 'Enter' && e.target.matches('.bulk .joined input') && e.target.closest('.joined');
  const button = group && group.querySelector('button');
  if (!button) return;
  e.preventDefault();
  button.click();
});

// A click on an owner or a stage, or a card that is dropped on another stage,
// opens the dialog that asks for the rest.
function edit(kind, data) {
  const dialog = document.getElementById(`edit-${kind}`);
  if (!dialog) return;
  const form = dialog.querySelector('form');
  form.reset(); // of whom it was opened for before
  form.elements.id.value = data.id;
  if (form.elements.role) form.elements.role.value = data.role;
  dialog.querySelector('[data-who]').textContent = data.name;
  const field = dialog.querySelector('select[data-value]');
  if (data.value && [...field.options].some((o) => o.value === data.value)) field.value = data.value;
  dialog.showModal();
}
document.addEventListener('click', (e) => {
  const button = e.target.closest('[data-edit]');
  if (button) edit(button.dataset.edit, button.dataset);
  if (e.target.closest('dialog.quick [data-close]') || e.target.matches('dialog.quick')) e.target.closest('dialog').close();
});
document.addEventListener('dragstart', (e) => {
  const card = e.target.closest && e.target.closest('[data-card]');
  if (card) e.dataTransfer.setData('application/x-farol-card', JSON.stringify({ id: card.dataset.card, name: card.dataset.name }));
});
document.addEventListener('dragover', (e) => {
  if (e.target.closest && e.target.closest('[data-drop]')) e.preventDefault();
});
document.addEventListener('drop', (e) => {
  const stage = e.target.closest && e.target.closest('[data-drop]');
  const data = stage && e.dataTransfer.getData('application/x-farol-card');
  if (!data) return;
  e.preventDefault();
  edit('stage', { ...JSON.parse(data), value: stage.dataset.drop });
});

// ---- What cannot be taken back by a click is asked for twice.

document.addEventListener('click', (e) => {
  const button = e.target.closest('[data-sure]');
  if (button && !window.confirm(button.dataset.sure)) e.preventDefault();
});

// ---- Segment builder: the form goes to the server after every change, and the
// parts that come back take their places. What is being typed is left alone.

const builder = document.querySelector('form[data-builder]');
let builderTurn = 0;
let builderWait;

function put(part, keep) {
  const old = document.getElementById(part.id);
  if (old && !(keep && old.contains(keep))) old.replaceWith(part);
}

// point marks the field that is wrong and takes the mark from all others.
function point() {
  for (const field of builder.querySelectorAll('#builder-rows [aria-invalid]')) field.removeAttribute('aria-invalid');
  const wrong = builder.querySelector('#builder-look [data-row]');
  if (!wrong || wrong.dataset.row === '-1') return;
  const field = builder.querySelector(`[name="r${wrong.dataset.row}.${wrong.dataset.input || 'kind'}"]`);
  if (field && field.type !== 'hidden') field.setAttribute('aria-invalid', 'true');
}

// build sends the form: part is 'look' to leave the rows as they are, by is
// 'text' when the text was changed.
async function build(part, by, action) {
  clearTimeout(builderWait);
  const turn = ++builderTurn;
  const data = new FormData(builder);
  data.set('do', action || '');
  data.set('part', part);
  data.set('by', by);
  builder.querySelector('#builder-look').setAttribute('aria-busy', 'true');
  let text;
  try {
    const answer = await fetch(builder.dataset.builder, { method: 'POST', body: new URLSearchParams(data), headers: { 'HX-Request': 'true' } });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return;
  }
  if (turn !== builderTurn) return;
  const had = document.activeElement;
  const name = had && builder.contains(had) ? had.name : '';
  const places = name ? [...builder.querySelectorAll(`[name="${CSS.escape(name)}"]`)].indexOf(had) : 0;
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  for (const p of fresh.querySelectorAll('[data-swap]')) put(p, p.id === 'builder-text' && had.matches('[data-rule-text]') ? had : null);
  const wanted = builder.querySelector('#builder-rows [autofocus]');
  if (part === 'rows' && by !== 'text') {
    (wanted || [...builder.querySelectorAll(`[name="${CSS.escape(name)}"]`)][places])?.focus();
  }
  if (by === 'text') showTextError(fresh);
  point();
}

// showTextError says what is wrong with a text that is being typed.
function showTextError(fresh) {
  const box = builder.querySelector('#builder-text');
  const now = fresh.querySelector('#builder-text');
  if (!now) return; // it took the place of the text, error and all
  box.querySelector('.form-error')?.remove();
  const wrong = now?.querySelector('.form-error');
  const area = box.querySelector('textarea');
  area.toggleAttribute('aria-invalid', Boolean(wrong));
  if (wrong) box.append(wrong);
  else box.querySelector('[name=text_was]').value = area.value;
}

if (builder) {
  builder.addEventListener('input', (e) => {
    clearTimeout(builderWait);
    if (e.target.matches('[data-rule-text]')) builderWait = setTimeout(() => build('rows', 'text'), 500);
    else if (e.target.closest('#builder-rows') && e.target.tagName === 'INPUT') builderWait = setTimeout(() => build('look', 'rows'), 300);
  });
  builder.addEventListener('change', (e) => {
    if (e.target.matches('[data-rebuild]')) build('rows', 'rows');
    else if (e.target.matches('[data-look]')) build('look', 'rows');
  });
  builder.addEventListener('click', (e) => {
    const button = e.target.closest('button[name=do]');
    if (!button) return;
    e.preventDefault();
    build('rows', 'rows', button.value);
  });
  builder.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      builder.querySelector('[data-save]').click();
    }
    if (e.altKey && e.code === 'KeyN') {
      e.preventDefault();
      let row = e.target.closest?.('.rule-row');
      while (row && !row.classList.contains('rule-list')) row = row.previousElementSibling;
      const list = row || builder.querySelector('.rule-list');
      const menu = list.querySelector('details.menu');
      menu.open = true;
      menu.querySelector('button').focus();
    }
  });
  // The names and values that exist, for the field that is being filled.
  builder.addEventListener('focusin', async (e) => {
    const field = e.target;
    if (!field.dataset?.suggest) return;
    const [row] = field.name.split('.');
    const named = (n) => builder.querySelector(`[name="${n}.name"]`)?.value || '';
    let event = '';
    if (field.dataset.suggest.startsWith('property')) {
      let at = Number(row.slice(1)) - 1;
      while (at > 0 && builder.querySelector(`[name="r${at}.kind"]`)?.value !== 'did') at--;
      event = named(`r${at}`);
    }
    const q = new URLSearchParams({ what: field.dataset.suggest, of: named(row), event });
    try {
      const answer = await fetch(`/segments/suggest?${q}`);
      if (answer.ok && document.activeElement === field) builder.querySelector('#builder-suggestions').innerHTML = await answer.text();
    } catch { /* names can be typed, too */ }
  });
}
