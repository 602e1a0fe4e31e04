/* Lists: the search inside a long filter menu, and rows that are opened to be updated. */
(function () {
  'use strict';

  function find(input) {
    const words = input.value.trim().toLowerCase();
    const area = input.closest('.filter-menu, .panel') || document;
    area.querySelectorAll('[data-menu-option]').forEach(function (option) {
      option.hidden = words !== '' && !option.textContent.toLowerCase().includes(words);
    });
    area.querySelectorAll('[data-menu-heading]').forEach(function (heading) { heading.hidden = words !== ''; });
  }

  document.addEventListener('input', function (event) {
    if (event.target.matches('[data-menu-search]')) find(event.target);
  });
  document.addEventListener('keydown', function (event) {
    if (event.key === 'Enter' && event.target.matches('[data-menu-search]')) event.preventDefault();
  });

  /* The magnifier on the phone leads to the search field; the browser, going to the form, takes the focus away first. */
  function search() { setTimeout(focusSearch, 0); }
  function focusSearch() {
    const field = window.location.hash === '#phone-search' && document.querySelector('#phone-search [name="q"]');
    if (!field || !field.offsetParent) return;
    field.focus();
    field.select();
  }
  window.addEventListener('load', search);
  window.addEventListener('hashchange', search);
  document.addEventListener('click', function (event) {
    const link = event.target.closest('a[href$="#phone-search"]');
    if (link && link.href === window.location.href) search();
  });

  /* A menu that has come gets the focus where one types or ticks first. */
  document.addEventListener('htmx:afterSwap', function (event) {
    if (!event.detail.target.matches('[data-filter-menu]')) return;
    const first = event.detail.target.querySelector('input:not([type="hidden"]), a, button');
    if (first) first.focus();
  });

  /* One opened row at a time; its own 更新 closes it again. */
  document.addEventListener('htmx:beforeRequest', function (event) {
    const button = event.detail.elt;
    if (!button.matches('[data-row-update]')) return;
    const row = button.closest('tr');
    const open = row.nextElementSibling && row.nextElementSibling.classList.contains('open-row');
    row.parentNode.querySelectorAll('.open-row').forEach(function (one) { one.remove(); });
    row.parentNode.querySelectorAll('.is-open').forEach(function (one) { one.classList.remove('is-open'); });
    if (open) { event.preventDefault(); return; }
    row.classList.add('is-open');
  });
})();
