// Quick hands: the command palette, the keyboard in lists, jumps, mentions,
// the preview of Markdown, and fields that ask for a customer. Without this
// script every one of them is still a link, a page or a plain field.

const body = document.body;
const drawer = document.querySelector('dialog.drawer');
const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

// post sends a form that is made on the spot.
function post(action, fields) {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = action;
  form.hidden = true;
  for (const [name, value] of fields) {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  }
  body.append(form);
  form.submit();
}

async function openAside(href) {
  if (!drawer) {
    location.href = href;
    return;
  }
  await window.htmx.ajax('GET', href, { target: '#drawer-body', swap: 'innerHTML' });
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
}
if (drawer) {
  // What is asked for in the drawer begins where the form does.
  document.addEventListener('htmx:afterSwap', (e) => {
    if (e.target.id !== 'drawer-body') return;
    const first = e.target.querySelector('.create input:not([type=hidden]), .create textarea');
    // A dialog gives the focus to what asks for it when it opens.
    if (first) first.setAttribute('autofocus', '');
    if (first && drawer.open) first.focus();
    prepare(e.target);
  });
}

// ---- A list of options under a field, by the pattern of a combobox.

class Options {
  constructor(input, list, choose) {
    Object.assign(this, { input, list, choose, at: -1 });
    list.addEventListener('mousedown', (e) => e.preventDefault());
    list.addEventListener('click', (e) => {
      const option = e.target.closest('[role=option]');
      if (option) this.choose(option);
    });
  }

  get all() { return [...this.list.querySelectorAll('[role=option]')]; }

  mark(i) {
    const all = this.all;
    this.at = all.length === 0 ? -1 : (i + all.length) % all.length;
    all.forEach((option, k) => option.setAttribute('aria-selected', String(k === this.at)));
    const option = all[this.at];
    if (option) {
      this.input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    } else {
      this.input.removeAttribute('aria-activedescendant');
    }
  }

  key(e) {
    if (e.key === 'ArrowDown' || (e.ctrlKey && e.key === 'n')) this.mark(this.at + 1);
    else if (e.key === 'ArrowUp' || (e.ctrlKey && e.key === 'p')) this.mark(this.at < 0 ? this.all.length - 1 : this.at - 1);
    else if ((e.key === 'Enter' || e.key === 'Tab') && this.all[this.at] && !this.list.hidden) this.choose(this.all[this.at]);
    else return false;
    e.preventDefault();
    return true;
  }
}

// ask fetches options; of answers that overtake each other the last asked counts.
function asker() {
  let turn = 0;
  return async (params) => {
    const mine = (turn += 1);
    const answer = await fetch(`/search?${new URLSearchParams(params)}`, { headers: { 'HX-Request': 'true' } });
    if (!answer.ok || mine !== turn) return null;
    return answer.text();
  };
}

// ---- Command palette.

const palette = document.getElementById('palette');
if (palette) {
  const input = document.getElementById('palette-input');
  const list = document.getElementById('palette-list');
  const ask = asker();
  const go = (option) => {
    palette.close();
    const { href, post: action, fields, side } = option.dataset;
    if (action) post(action, [...new URLSearchParams(fields)]);
    else if (side) openAside(href);
    else location.href = href;
  };
  const options = new Options(input, list, go);
  const refresh = async () => {
    const html = await ask({ q: input.value, at: location.pathname + location.search });
    if (html === null) return;
    list.innerHTML = html;
    list.scrollTop = 0;
    options.mark(0);
  };
  const open = () => {
    if (palette.open) return;
    if (drawer && drawer.open) drawer.close();
    palette.showModal();
    input.value = '';
    refresh();
    input.focus();
  };
  input.addEventListener('input', refresh);
  input.addEventListener('keydown', (e) => options.key(e));
  palette.addEventListener('click', (e) => { if (e.target === palette) palette.close(); });
  document.addEventListener('click', (e) => {
    if (!e.target.closest('[data-palette]') || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    open();
  });
  document.addEventListener('keydown', (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === 'k') {
      e.preventDefault();
      if (palette.open) palette.close();
      else open();
    } else if (e.key === '/' && free(e)) {
      e.preventDefault();
      open();
    }
  });
}

// ---- Single keys, while nobody types and no dialog is open.

function free(e) {
  return !e.ctrlKey && !e.metaKey && !e.altKey && !typing(e.target) && !document.querySelector('dialog[open]');
}

const rows = () => [...document.querySelectorAll('main table[data-rows] tbody tr')].filter((tr) => tr.querySelector('a, input'));
const rowAt = () => document.activeElement.closest && document.activeElement.closest('table[data-rows] tbody tr');

function move(step) {
  const all = rows();
  const here = all.indexOf(rowAt());
  const row = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step))];
  if (!row) return;
  row.querySelector('a[href], input').focus();
  row.scrollIntoView({ block: 'nearest' });
}

const keys = document.getElementById('keys');
let jumping = 0;

document.addEventListener('keydown', (e) => {
  // A field without a value to type, such as a box to tick, leaves the keys free.
  const box = e.target.matches && e.target.matches('input[type=checkbox]');
  if (!free(e) && !(box && !e.ctrlKey && !e.metaKey && !e.altKey && !document.querySelector('dialog[open]'))) return;
  if (Date.now() - jumping < 1500) {
    jumping = 0;
    const link = document.querySelector(`.side [data-jump="${CSS.escape(e.key)}"]`);
    if (link) {
      e.preventDefault();
      location.href = link.href;
    }
    return;
  }
  const row = rowAt();
  switch (e.key) {
    case 'g': jumping = Date.now(); break;
    case 'j': move(1); break;
    case 'k': move(-1); break;
    case 'x': {
      const tick = row && row.querySelector('input[type=checkbox]');
      if (tick) tick.click();
      break;
    }
    case 'o': if (row) row.querySelector('a[href]').click(); break;
    case 'e': {
      const done = row && row.querySelector('[data-key=e]');
      if (done) done.click();
      break;
    }
    case 'c': {
      const menu = document.querySelector('.side .hands details.menu');
      if (menu && menu.checkVisibility()) {
        menu.open = true;
        menu.querySelector('a').focus();
      }
      break;
    }
    case 'z': post('/undo/last', [['back', location.pathname + location.search]]); break;
    case '?': if (keys) keys.showModal(); break;
    default: return;
  }
  e.preventDefault();
});
document.addEventListener('click', (e) => {
  if (e.target.closest('[data-close-dialog]') || e.target === keys) e.target.closest('dialog').close();
});

// Arrows walk through an open menu.
document.addEventListener('keydown', (e) => {
  const menu = e.target.closest && e.target.closest('details.menu[open]');
  if (!menu || typing(e.target) || (e.key !== 'ArrowDown' && e.key !== 'ArrowUp')) return;
  const all = [...menu.querySelectorAll('.menu-body a, .menu-body button')];
  const at = all.indexOf(document.activeElement);
  const next = all[(at + (e.key === 'ArrowDown' ? 1 : all.length - 1) + (at < 0 && e.key === 'ArrowUp' ? 1 : 0)) % all.length];
  if (next) {
    next.focus();
    e.preventDefault();
  }
});

// What an action's redirect offered to take back is offered once.
const here = new URL(location.href);
if (here.searchParams.has('undo')) {
  here.searchParams.delete('undo');
  history.replaceState(history.state, '', here);
}

// ---- Fields that ask for a customer.

let made = 0;

function listFor(input) {
  const list = document.createElement('div');
  made += 1;
  list.id = `options-${made}`;
  list.className = 'options';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', input.getAttribute('aria-label') || '');
  list.hidden = true;
  input.after(list);
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  input.setAttribute('aria-expanded', 'false');
  return list;
}

// show opens a list right below its field, wherever the line of fields puts it.
function show(input, list, on) {
  list.hidden = !on;
  list.style.insetBlockStart = `${input.offsetTop + input.offsetHeight + 2}px`;
  list.style.insetInlineStart = `${input.offsetLeft}px`;
  input.setAttribute('aria-expanded', String(on));
  if (!on) input.removeAttribute('aria-activedescendant');
}

function askForAccount(input) {
  const list = listFor(input);
  const ask = asker();
  const options = new Options(input, list, (option) => {
    input.value = option.dataset.value;
    input.title = option.dataset.title;
    show(input, list, false);
  });
  input.addEventListener('input', async () => {
    if (input.value.trim() === '') {
      show(input, list, false);
      return;
    }
    const html = await ask({ q: input.value, only: 'account' });
    if (html === null) return;
    list.innerHTML = html;
    for (const option of options.all) option.id = `${list.id}-${option.id}`;
    show(input, list, true);
    options.mark(0);
  });
  input.addEventListener('keydown', (e) => {
    if (list.hidden) return;
    if (e.key === 'Escape') {
      e.stopPropagation();
      e.preventDefault();
      show(input, list, false);
    } else {
      options.key(e);
    }
  });
  input.addEventListener('blur', () => show(input, list, false));
}

// ---- Mentions: "@" and the beginning of a colleague's name.

let team;
const colleagues = async () => {
  if (!team) team = fetch('/colleagues').then((r) => (r.ok ? r.json() : []));
  return team;
};
const fold = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

function completeMentions(area) {
  const list = listFor(area);
  // A text with several lines is no combobox: the list is announced by itself.
  area.removeAttribute('role');
  area.removeAttribute('aria-expanded');
  const word = () => {
    const before = area.value.slice(0, area.selectionStart);
    const m = /(^|[^\w@.])@([\p{L}\d._+-]*)$/u.exec(before);
    return m ? m[2] : null;
  };
  const hide = () => {
    list.hidden = true;
    area.removeAttribute('aria-activedescendant');
  };
  const options = new Options(area, list, (option) => {
    const typed = word();
    if (typed !== null) area.setRangeText(`${option.dataset.value} `, area.selectionStart - typed.length, area.selectionStart, 'end');
    hide();
  });
  area.addEventListener('input', async () => {
    const typed = word();
    if (typed === null) {
      hide();
      return;
    }
    const want = fold(typed);
    const fit = (await colleagues()).filter((c) => fold(c.handle).startsWith(want) || fold(c.name).split(/\s+/).some((w) => w.startsWith(want))).slice(0, 7);
    list.replaceChildren(...fit.map((c, i) => {
      const option = document.createElement('div');
      option.id = `${list.id}-${i}`;
      option.className = 'found';
      option.setAttribute('role', 'option');
      option.dataset.value = c.handle;
      const name = document.createElement('span');
      name.textContent = c.name;
      const more = document.createElement('span');
      more.className = 'quiet small';
      more.textContent = `@${c.handle} · ${c.role}`;
      option.append(name, more);
      return option;
    }));
    list.hidden = fit.length === 0;
    options.mark(0);
  });
  area.addEventListener('keydown', (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') {
      e.preventDefault();
      area.form.requestSubmit();
      return;
    }
    if (list.hidden) return;
    if (e.key === 'Escape') {
      e.stopPropagation();
      e.preventDefault();
      hide();
    } else if (e.key !== 'Enter' || options.at >= 0) {
      options.key(e);
    }
  });
  area.addEventListener('blur', hide);
}

// ---- Preview of Markdown.

async function preview(button) {
  const area = button.form.querySelector('[data-write]');
  const shown = button.form.querySelector('.preview');
  const write = shown.hidden;
  if (write) {
    const answer = await fetch(button.dataset.preview, { method: 'POST', body: new URLSearchParams({ body: area.value }) });
    if (!answer.ok) return;
    shown.innerHTML = await answer.text();
  }
  const text = button.textContent;
  button.textContent = button.dataset.writeText;
  button.dataset.writeText = text;
  area.hidden = write;
  shown.hidden = !write;
}
document.addEventListener('click', (e) => {
  const button = e.target.closest('[data-preview]');
  if (button) preview(button);
});

function prepare(root) {
  for (const input of root.querySelectorAll('input[data-account]')) askForAccount(input);
  for (const area of root.querySelectorAll('textarea[data-mention]')) completeMentions(area);
  for (const button of root.querySelectorAll('[data-preview]')) button.hidden = false;
}
prepare(document);
