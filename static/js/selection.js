/* Rows of a table ticked for one action together.
   <form data-selection> … <input type="checkbox" data-select-all>, <input type="checkbox" name="selected" data-select>,
   <div class="floatbar" data-selection-bar hidden> with [data-selected-count], [data-select-none], [data-select-every]. */
(function () {
  'use strict';

  function boxesOf(area) {
    return Array.from(area.querySelectorAll('[data-select]')).filter(function (box) { return !box.disabled; });
  }

  function show(area) {
    const boxes = boxesOf(area);
    const ticked = boxes.filter(function (box) { return box.checked; });
    const all = area.querySelector('[data-select-all]');
    const bar = area.querySelector('[data-selection-bar]');
    const every = area.querySelector('[data-every]');
    if (all) {
      all.checked = boxes.length > 0 && ticked.length === boxes.length;
      all.indeterminate = ticked.length > 0 && ticked.length < boxes.length;
    }
    boxes.forEach(function (box) {
      const row = box.closest('tr, .row-card');
      if (row) row.classList.toggle('is-selected', box.checked);
    });
    if (every && ticked.length < boxes.length) every.value = '';
    if (bar) {
      bar.hidden = ticked.length === 0;
      /* What has been done is not offered again. */
      bar.querySelectorAll('[data-select-every]').forEach(function (button) { button.hidden = Boolean(every && every.value); });
      bar.querySelectorAll('[data-selected-count]').forEach(function (place) {
        place.textContent = every && every.value ? every.dataset.every : String(ticked.length);
      });
    }
  }

  document.addEventListener('change', function (event) {
    const area = event.target.closest('[data-selection]');
    if (!area) return;
    if (event.target.matches('[data-select-all]')) {
      boxesOf(area).forEach(function (box) { box.checked = event.target.checked; });
      show(area);
    } else if (event.target.matches('[data-select]')) {
      show(area);
    }
  });

  document.addEventListener('click', function (event) {
    const area = event.target.closest('[data-selection]');
    if (!area) return;
    const every = area.querySelector('[data-every]');
    if (event.target.closest('[data-select-none]')) {
      boxesOf(area).forEach(function (box) { box.checked = false; });
      if (every) every.value = '';
      show(area);
    }
    if (event.target.closest('[data-select-every]') && every) {
      boxesOf(area).forEach(function (box) { box.checked = true; });
      every.value = '1';
      show(area);
      const none = area.querySelector('[data-select-none]');
      if (none) none.focus();
    }
  });

  function start() { document.querySelectorAll('[data-selection]').forEach(show); }
  document.addEventListener('DOMContentLoaded', start);
  document.addEventListener('htmx:load', start);
  window.addEventListener('pageshow', start);
})();
