/* Reporting in a row: status and percent that belong together, both sides of a conflict, rows that changed elsewhere. */
(function () {
  'use strict';

  /* 已完成 is 100, 未启动 is 0; back to 正在推进 brings the former figure. 100 alone completes nothing and says so. */
  function statusChanged(form, status) {
    const percent = form.querySelector('[name="percent"]');
    if (!('before' in percent.dataset) && status !== 'in_progress') percent.dataset.before = percent.value;
    if (status === 'completed') percent.value = '100';
    if (status === 'not_started') percent.value = '0';
    if (status === 'in_progress' && 'before' in percent.dataset) {
      percent.value = percent.dataset.before;
      delete percent.dataset.before;
    }
    hundred(form);
  }

  function percentChanged(form, value) {
    const none = form.querySelector('[name="status"][value="not_started"]');
    if (none.checked && Number(value) > 0) {
      const going = form.querySelector('[name="status"][value="in_progress"]');
      going.checked = true;
      delete form.querySelector('[name="percent"]').dataset.before;
      form.querySelectorAll('.segmented label').forEach(function (label) {
        label.classList.toggle('is-checked', label.querySelector('input').checked);
      });
    }
    hundred(form);
  }

  function hundred(form) {
    const hint = form.querySelector('[data-hundred]');
    const going = form.querySelector('[name="status"][value="in_progress"]');
    if (hint) hint.hidden = !(going.checked && form.querySelector('[name="percent"]').value === '100');
  }

  document.addEventListener('change', function (event) {
    const form = event.target.closest && event.target.closest('[data-progress-form]');
    if (form && event.target.name === 'status') statusChanged(form, event.target.value);
  });
  document.addEventListener('input', function (event) {
    const form = event.target.closest && event.target.closest('[data-progress-form]');
    if (form && event.target.name === 'percent') percentChanged(form, event.target.value);
    /* Whoever edits the merged text means it. */
    if (event.target.dataset && event.target.dataset.picks === 'merged') {
      pick(event.target.closest('[data-conflict]'), '[name="pick_text"][value="merged"]');
    }
  });

  function pick(form, selector) {
    form.querySelectorAll(selector).forEach(function (radio) { radio.checked = true; });
    form.querySelectorAll('.choice-card').forEach(function (card) {
      card.classList.toggle('is-checked', card.querySelector('input[type="radio"]').checked);
    });
  }
  document.addEventListener('click', function (event) {
    const button = event.target.closest('[data-pick-all]');
    if (button) pick(button.closest('[data-conflict]'), '[type="radio"][value="' + button.dataset.pickAll + '"]');
  });

  /* The server names the rows that a save changed; others of them on this page are fetched anew. */
  document.addEventListener('measures-changed', function (event) {
    event.detail.ids.filter(function (id) { return id !== event.detail.opened; }).forEach(function (id) {
      const row = document.getElementById('measure-' + id);
      if (row && row.dataset.rowUrl && !row.classList.contains('is-open')) {
        window.htmx.ajax('GET', row.dataset.rowUrl, { target: row, swap: 'outerHTML' });
      }
    });
    /* In a list the rows are fetched from the list itself, as its filter and columns show them. */
    event.detail.ids.forEach(function (id) {
      const row = document.getElementById('row-' + id);
      if (!row) return;
      const selector = '#row-' + id;
      /* By its id: a row that the filter would no longer show stays where it is until the page is read anew. */
      const list = row.closest('[data-rows-url]');
      const address = list ? list.dataset.rowsUrl + id : window.location.pathname + window.location.search;
      const again = window.htmx.ajax('GET', address, { target: row, select: selector, swap: 'outerHTML' });
      if (id === event.detail.opened) again.then(function () { focusUpdate(document.querySelector(selector)); });
    });
  });

  function focusUpdate(row) {
    const button = row && row.querySelector('[data-row-update]');
    if (button) button.focus();
  }

  /* The form below a table row goes: the row is closed, and its 更新 has the focus again. */
  document.addEventListener('htmx:beforeSwap', function (event) {
    const target = event.detail.target;
    if (!target.matches || !target.matches('tr.open-row') || event.detail.serverResponse.includes('open-row')) return;
    const row = target.previousElementSibling;
    if (!row) return;
    row.classList.remove('is-open');
    setTimeout(function () { focusUpdate(row); }, 0);
  });
})();
