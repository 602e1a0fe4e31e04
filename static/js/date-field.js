/* Date field: <input data-date-field data-calendar-url="…"> (2024-11-30) with a month view on the working-day calendar.
   The address answers ?month=2024-11 with {"rest": [2, 3], "makeup": [9], "note": ""}, and with &day=2024-11-30 the note
   that says what follows from the choice. Without JavaScript the text is typed. */
(function () {
  'use strict';

  function two(number) { return String(number).padStart(2, '0'); }
  function written(year, month, day) { return year + '-' + two(month + 1) + '-' + two(day); }
  function template(name) { return document.getElementById(name).content.cloneNode(true); }

  function enhance(input) {
    if (input.dataset.enhanced) return;
    input.dataset.enhanced = 'yes';
    const words = input.dataset;
    const box = document.createElement('div');
    const button = document.createElement('button');
    const pop = document.createElement('div');
    const foot = document.createElement('p');
    let year; let month; let known = { rest: null, makeup: [] };

    box.className = 'datefield';
    input.parentNode.insertBefore(box, input);
    button.type = 'button';
    button.className = 'datefield-btn';
    button.setAttribute('aria-label', words.openWord || '');
    button.setAttribute('aria-expanded', 'false');
    button.append(template('tpl-calendar'));
    pop.className = 'datefield-pop';
    pop.hidden = true;
    pop.setAttribute('role', 'dialog');
    pop.setAttribute('aria-label', words.openWord || '');
    foot.className = 'datefield-foot';
    foot.setAttribute('role', 'status');
    box.append(input, button, pop);

    function chosen() {
      const found = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(input.value.trim());
      return found ? { year: +found[1], month: +found[2] - 1, day: +found[3] } : null;
    }
    function dayName() { return (words.weekdays || '一,二,三,四,五,六,日').split(','); }

    function ask() {
      if (!words.calendarUrl) return;
      const asked = year + '-' + two(month + 1);
      const join = words.calendarUrl.includes('?') ? '&' : '?';
      fetch(words.calendarUrl + join + 'month=' + asked + '&day=' + encodeURIComponent(input.value.trim()), { headers: { Accept: 'application/json' } })
        .then(function (answer) { return answer.ok ? answer.json() : null; })
        .then(function (answer) {
          if (!answer || asked !== year + '-' + two(month + 1)) return;
          known = answer;
          draw(false);
          foot.textContent = 'plain' in words ? '' : answer.note || '';
        })
        .catch(function () { foot.textContent = ''; });
    }

    function cell(day) {
      const place = document.createElement('td');
      const pick = document.createElement('button');
      const weekday = (new Date(year, month, day).getDay() + 6) % 7;
      const makeup = known.makeup.includes(day);
      const rest = known.rest ? known.rest.includes(day) : weekday > 4;
      const now = new Date();
      const picked = chosen();
      pick.type = 'button';
      pick.textContent = day;
      pick.tabIndex = -1;
      pick.dataset.day = day;
      const kind = rest ? words.restWord : makeup ? words.makeupWord : '';
      if (kind) {
        const hidden = document.createElement('span');
        hidden.className = 'visually-hidden';
        hidden.textContent = ' ' + kind;
        pick.append(hidden);
      }
      if (rest) pick.classList.add('rest');
      if (makeup) { pick.classList.add('makeup'); pick.dataset.mark = words.makeupMark || '班'; }
      if (year === now.getFullYear() && month === now.getMonth() && day === now.getDate()) pick.classList.add('today');
      pick.setAttribute('aria-pressed', String(Boolean(picked && picked.year === year && picked.month === month && picked.day === day)));
      place.append(pick);
      return place;
    }

    function step(by) {
      const there = new Date(year, month + by, 1);
      year = there.getFullYear();
      month = there.getMonth();
      known = { rest: null, makeup: [] };
      draw(true);
      ask();
    }

    function draw(keepFocus) {
      const focused = pop.contains(document.activeElement) && document.activeElement.dataset.day;
      const head = document.createElement('div');
      const title = document.createElement('span');
      const back = document.createElement('button');
      const forth = document.createElement('button');
      const grid = document.createElement('table');
      const names = document.createElement('tr');
      head.className = 'datefield-head';
      title.textContent = (words.monthFormat || '%y-%m').replace('%y', year).replace('%m', month + 1);
      title.setAttribute('aria-live', 'polite');
      [[back, 'tpl-chevron-left', words.previousWord, -1], [forth, 'tpl-chevron-right', words.nextWord, 1]].forEach(function (entry) {
        entry[0].type = 'button';
        entry[0].append(template(entry[1]));
        entry[0].setAttribute('aria-label', entry[2] || '');
        entry[0].addEventListener('click', function () { step(entry[3]); });
      });
      head.append(back, title, forth);
      grid.className = 'datefield-grid';
      dayName().forEach(function (name) {
        const place = document.createElement('th');
        place.scope = 'col';
        place.textContent = name;
        names.append(place);
      });
      grid.append(names);
      const first = (new Date(year, month, 1).getDay() + 6) % 7;
      const days = new Date(year, month + 1, 0).getDate();
      for (let day = 1 - first; day <= days; day += 7) {
        const row = document.createElement('tr');
        for (let offset = 0; offset < 7; offset += 1) {
          const here = day + offset;
          row.append(here > 0 && here <= days ? cell(here) : document.createElement('td'));
        }
        grid.append(row);
      }
      pop.textContent = '';
      pop.append(head, grid, foot);
      const target = pop.querySelector('[data-day="' + (focused || '') + '"]') || pop.querySelector('[aria-pressed="true"]') || pop.querySelector('.today') || pop.querySelector('[data-day]');
      target.tabIndex = 0;
      if (focused || keepFocus === 'day') target.focus();
    }

    function open() {
      const start = chosen();
      const now = new Date();
      year = start ? start.year : now.getFullYear();
      month = start ? start.month : now.getMonth();
      pop.hidden = false;
      button.setAttribute('aria-expanded', 'true');
      draw('day');
      ask();
    }
    function close(focus) {
      pop.hidden = true;
      button.setAttribute('aria-expanded', 'false');
      if (focus) input.focus();
    }
    function moveDay(from, by) {
      const there = new Date(year, month, from + by);
      if (there.getMonth() !== month) {
        year = there.getFullYear();
        month = there.getMonth();
        known = { rest: null, makeup: [] };
        draw(true);
        ask();
      }
      const target = pop.querySelector('[data-day="' + there.getDate() + '"]');
      pop.querySelectorAll('[data-day]').forEach(function (day) { day.tabIndex = -1; });
      target.tabIndex = 0;
      target.focus();
    }

    button.addEventListener('click', function () { if (pop.hidden) open(); else close(true); });
    pop.addEventListener('click', function (event) {
      const pick = event.target.closest('[data-day]');
      if (!pick) return;
      input.value = written(year, month, +pick.dataset.day);
      input.dispatchEvent(new Event('change', { bubbles: true }));
      close(true);
    });
    box.dateFieldKey = function (event) {
      if (event.key === 'Escape' && !pop.hidden) { event.preventDefault(); event.stopPropagation(); close(true); return; }
      if (event.target === input && event.key === 'ArrowDown') { event.preventDefault(); event.stopPropagation(); open(); return; }
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
      if (event.target.dataset.day && steps[event.key]) { event.preventDefault(); event.stopPropagation(); moveDay(+event.target.dataset.day, steps[event.key]); }
      if (event.target.dataset.day && (event.key === 'PageUp' || event.key === 'PageDown')) { event.preventDefault(); event.stopPropagation(); step(event.key === 'PageUp' ? -1 : 1); }
    };
    document.addEventListener('mousedown', function (event) { if (!pop.hidden && !box.contains(event.target)) close(false); });
    box.addEventListener('focusout', function (event) { if (!pop.hidden && event.relatedTarget && !box.contains(event.relatedTarget)) close(false); });

    /* The note stands under the field too, once a day is chosen. */
    const note = words.noteId && document.getElementById(words.noteId);
    input.addEventListener('change', function () {
      if (!note || !words.calendarUrl || !chosen()) return;
      const join = words.calendarUrl.includes('?') ? '&' : '?';
      fetch(words.calendarUrl + join + 'day=' + encodeURIComponent(input.value.trim()))
        .then(function (answer) { return answer.ok ? answer.json() : { note: '' }; })
        .then(function (answer) { note.textContent = answer.note || ''; })
        .catch(function () { note.textContent = ''; });
    });
  }

  /* Before the menus that a field may stand in, which take the arrows to themselves while the event goes down. */
  window.addEventListener('keydown', function (event) {
    const box = event.target.closest && event.target.closest('.datefield');
    if (box && box.dateFieldKey) box.dateFieldKey(event);
  }, true);

  function start(root) { root.querySelectorAll('input[data-date-field]').forEach(enhance); }
  document.addEventListener('DOMContentLoaded', function () { start(document); });
  document.addEventListener('htmx:load', function (event) { start(event.target.parentNode || document); });
})();
