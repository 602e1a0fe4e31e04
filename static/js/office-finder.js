/* Office finder: turns <select data-office-finder> (one or several) into an input with a list of matches.
   Options carry other names in data-aliases (separated by a full-width comma, 、). Arrows, Enter, Esc; without
   JavaScript the select itself works. */
(function () {
  'use strict';
  let ids = 0;

  function names(option) {
    return (option.dataset.aliases || '').split('、').filter(Boolean);
  }

  /* Rank: 0 the whole name, 1 begins with it, 2 holds it, 3 another name holds it; of equals the longer match first. */
  function matchOf(option, text) {
    const name = option.textContent.trim();
    if (!text) return { rank: 2, other: '' };
    const at = name.indexOf(text);
    if (name === text) return { rank: 0, other: '' };
    if (at === 0) return { rank: 1, other: '' };
    if (at > 0) return { rank: 2, other: '' };
    const other = names(option).find(function (alias) { return alias.includes(text); });
    if (other) return { rank: other === text ? 0 : 3, other: other };
    return null;
  }

  function marked(name, text) {
    const line = document.createElement('span');
    const at = text ? name.indexOf(text) : -1;
    if (at < 0) { line.textContent = name; return line; }
    const mark = document.createElement('mark');
    mark.textContent = text;
    line.append(name.slice(0, at), mark, name.slice(at + text.length));
    return line;
  }

  function enhance(select) {
    if (select.dataset.enhanced) return;
    select.dataset.enhanced = 'yes';
    const id = 'finder-' + (ids += 1);
    const box = document.createElement('div');
    const chips = document.createElement('div');
    const input = document.createElement('input');
    const list = document.createElement('ul');
    const label = select.id && document.querySelector('label[for="' + select.id + '"]');
    const words = select.dataset;
    let active = -1;
    let shown = [];

    box.className = 'finder';
    chips.className = 'finder-chips';
    input.type = 'text';
    input.id = id;
    input.className = 'form-control finder-input';
    input.autocomplete = 'off';
    input.placeholder = words.placeholder || '';
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-expanded', 'false');
    input.setAttribute('aria-controls', id + '-list');
    ['aria-describedby', 'aria-invalid'].forEach(function (name) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    });
    list.id = id + '-list';
    list.className = 'finder-list';
    list.hidden = true;
    list.setAttribute('role', 'listbox');
    if (label) { label.htmlFor = id; list.setAttribute('aria-label', label.firstChild.textContent.trim()); }
    else input.setAttribute('aria-label', select.getAttribute('aria-label') || words.placeholder || '');
    if (!list.hasAttribute('aria-label')) list.setAttribute('aria-label', input.getAttribute('aria-label') || '');
    select.hidden = true;
    select.required = false;
    select.parentNode.insertBefore(box, select);
    if (select.multiple) select.parentNode.insertBefore(chips, box);
    box.append(input, document.getElementById('tpl-search').content.cloneNode(true), list);

    function chosen() { return Array.from(select.selectedOptions).filter(function (option) { return option.value; }); }

    function drawChosen() {
      if (!select.multiple) {
        const option = chosen()[0];
        input.value = option ? option.textContent.trim() : '';
        return;
      }
      chips.textContent = '';
      chosen().forEach(function (option) {
        const chip = document.createElement('span');
        const remove = document.createElement('button');
        chip.className = 'chip';
        chip.textContent = option.textContent.trim();
        remove.type = 'button';
        remove.setAttribute('aria-label', (words.remove || '×') + ' ' + chip.textContent);
        remove.append(document.getElementById('tpl-x').content.cloneNode(true));
        remove.addEventListener('click', function () { option.selected = false; changed(); input.focus(); });
        chip.append(remove);
        chips.append(chip);
      });
    }
    function changed() {
      drawChosen();
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    }
    function highlight(index) {
      active = index;
      shown.forEach(function (entry, at) { entry.line.setAttribute('aria-selected', String(at === index)); });
      if (shown[index]) {
        input.setAttribute('aria-activedescendant', shown[index].line.id);
        shown[index].line.scrollIntoView({ block: 'nearest' });
      }
    }
    function take(entry) {
      if (entry.create) { window.location.assign(entry.create); return; }
      if (!select.multiple) select.value = '';
      entry.option.selected = true;
      if (select.multiple) select.append(entry.option); /* sent in the order chosen */
      if (select.multiple) input.value = '';
      changed();
      close();
    }
    function add(entry, parts, className) {
      const line = document.createElement('li');
      line.id = id + '-' + shown.length;
      line.className = className;
      line.setAttribute('role', 'option');
      line.setAttribute('aria-selected', 'false');
      line.append(...parts);
      line.addEventListener('mousedown', function (event) { event.preventDefault(); take(entry); });
      entry.line = line;
      shown.push(entry);
      list.append(line);
    }
    function small(text) {
      const other = document.createElement('span');
      other.className = 'other';
      other.textContent = text;
      return other;
    }
    function open() {
      const chosenText = !select.multiple && chosen()[0] ? chosen()[0].textContent.trim() : '';
      const text = input.value.trim() === chosenText ? '' : input.value.trim();
      list.textContent = '';
      shown = [];
      Array.from(select.options)
        .filter(function (option) { return option.value && !option.disabled && !(select.multiple && option.selected); })
        .map(function (option) { return { option: option, match: matchOf(option, text) }; })
        .filter(function (entry) { return entry.match; })
        .sort(function (one, two) { return one.match.rank - two.match.rank; })
        .slice(0, 50)
        .forEach(function (entry) {
          const parts = [marked(entry.option.textContent.trim(), entry.match.other ? '' : text)];
          const others = entry.match.other || names(entry.option)[0];
          if (others) parts.push(small((words.aliasWord || '') + others));
          add(entry, parts, '');
        });
      if (!shown.length) {
        const none = document.createElement('li');
        none.className = 'finder-none';
        none.setAttribute('role', 'option');
        none.setAttribute('aria-disabled', 'true');
        none.setAttribute('aria-selected', 'false');
        none.textContent = words.none || '';
        list.append(none);
      }
      if (text && words.createWord) {
        const word = document.createElement('span');
        word.append(document.getElementById('tpl-plus').content.cloneNode(true), ' ' + words.createWord.replace('%s', text));
        if (words.createUrl) add({ create: words.createUrl + encodeURIComponent(text) }, [word, small(words.createRight || '')], 'finder-new');
      }
      list.hidden = false;
      input.setAttribute('aria-expanded', 'true');
      highlight(text && shown.length ? 0 : -1);
    }

    input.addEventListener('input', open);
    input.addEventListener('click', open);
    input.addEventListener('blur', function () { close(); if (!select.multiple && input.value.trim() === '' && chosen().length) { select.value = ''; changed(); } drawChosen(); if (select.multiple) input.value = ''; });
    input.addEventListener('keydown', function (event) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        if (list.hidden) open();
        if (shown.length) highlight((active + (event.key === 'ArrowDown' ? 1 : shown.length - (active < 0 ? 0 : 1))) % shown.length);
      } else if (event.key === 'Enter' && !list.hidden && shown[active] && !event.ctrlKey) {
        event.preventDefault();
        take(shown[active]);
      } else if (event.key === 'Escape' && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
        drawChosen();
      } else if (event.key === 'Backspace' && select.multiple && !input.value && chosen().length) {
        chosen().pop().selected = false;
        changed();
      }
    });
    drawChosen();
  }

  function start(root) { root.querySelectorAll('select[data-office-finder]').forEach(enhance); }
  document.addEventListener('DOMContentLoaded', function () { start(document); });
  document.addEventListener('htmx:load', function (event) { start(event.target.parentNode || document); });
})();
