/* Keys, focus, sidebar: what every page has. */
(function () {
  'use strict';

  function editing(element) {
    return element && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable);
  }

  document.addEventListener('keydown', function (event) {
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !editing(event.target)) {
      const search = document.querySelector('[data-search-key]');
      if (search && search.offsetParent) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    if (event.key === 'Escape' && !event.defaultPrevented) {
      const area = event.target.closest && event.target.closest('[data-esc-area]');
      const close = area && area.querySelector('[data-esc-close]');
      if (close) close.click();
    }
  });

  /* Sidebar fold, remembered on this computer. */
  document.addEventListener('click', function (event) {
    const button = event.target.closest('[data-fold]');
    if (!button) return;
    const folded = document.documentElement.classList.toggle('sidebar-folded');
    button.setAttribute('aria-pressed', String(folded));
    try { localStorage.setItem('xh-sidebar', folded ? 'folded' : 'open'); } catch (error) { /* not remembered */ }
  });

  /* Choices drawn as segments or cards carry their state as a class (no :has in the browsers we serve). */
  function markChoices(root) {
    root.querySelectorAll('.segmented label, .choice-card').forEach(function (label) {
      const input = label.querySelector('input[type="radio"], input[type="checkbox"]');
      if (input) label.classList.toggle('is-checked', input.checked);
    });
  }
  document.addEventListener('change', function (event) {
    if (event.target.matches('input[type="radio"], input[type="checkbox"]')) {
      markChoices(event.target.closest('fieldset, form, .segmented') || document);
    }
  });
  document.addEventListener('focusin', function (event) {
    const label = event.target.closest && event.target.closest('.segmented label');
    if (label && event.target.matches(':focus-visible')) label.classList.add('is-focused');
  });
  document.addEventListener('focusout', function (event) {
    const label = event.target.closest && event.target.closest('.segmented label');
    if (label) label.classList.remove('is-focused');
  });

  /* Length of a text beside its field: <span data-count-for="id_text" data-max="500">. */
  function count(field) {
    const place = field.id && document.querySelector('[data-count-for="' + field.id + '"]');
    if (place) place.textContent = Array.from(field.value).length + ' / ' + place.dataset.max;
  }
  document.addEventListener('input', function (event) {
    if (event.target.matches('textarea, input')) count(event.target);
  });

  /* Text offered for use again: <button data-fill="id_text" data-text="…">. */
  document.addEventListener('click', function (event) {
    const button = event.target.closest('[data-fill]');
    const field = button && document.getElementById(button.dataset.fill);
    if (!field) return;
    field.value = button.dataset.text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
    field.focus();
  });

  /* Plain selects and boxes that send their form at once: <select data-submit>. */
  document.addEventListener('change', function (event) {
    if (event.target.matches('[data-submit]') && event.target.form) event.target.form.requestSubmit();
  });

  document.addEventListener('click', function (event) {
    if (event.target.closest('[data-print]')) window.print();
    const refused = event.target.closest('[aria-disabled="true"]');
    if (refused) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);

  /* Focus: a summary of errors first, else what the answer marks with data-focus. The page moves no further than it must:
     first for the whole form that was opened, then for what has the focus. */
  function focusOn(target) {
    const opened = target.closest('.panel-open');
    target.focus({ preventScroll: true });
    target.removeAttribute('data-focus');
    if (opened) opened.scrollIntoView({ block: 'nearest' });
    target.scrollIntoView({ block: 'nearest' });
  }
  function focusIn(root) {
    const target = root.querySelector('.form-errors') || root.querySelector('[data-focus]');
    if (target) focusOn(target);
  }

  function arrived(root) {
    markChoices(root);
    root.querySelectorAll('[data-count-for]').forEach(function (place) {
      const field = document.getElementById(place.dataset.countFor);
      if (field) count(field);
    });
    const fold = root.querySelector('[data-fold]');
    if (fold) fold.setAttribute('aria-pressed', String(document.documentElement.classList.contains('sidebar-folded')));
  }

  document.addEventListener('DOMContentLoaded', function () {
    arrived(document);
    focusIn(document);
  });
  document.addEventListener('htmx:load', function (event) {
    if (event.target === document.body) return;
    arrived(event.target.parentNode || event.target);
    if (event.target.matches('[data-focus], .form-errors')) {
      focusOn(event.target);
    } else {
      focusIn(event.target);
    }
  });
})();
