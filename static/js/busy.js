/* A button that was pressed says so, keeps its width and cannot be pressed twice. */
(function () {
  'use strict';
  const SUBMIT = 'button:not([type="button"]):not([type="reset"])';
  const kept = new Map();

  function start(button) {
    if (!button || kept.has(button)) return;
    kept.set(button, Array.from(button.childNodes));
    button.style.minWidth = button.offsetWidth + 'px';
    button.setAttribute('aria-busy', 'true');
    const spinner = document.getElementById('tpl-spinner').content.cloneNode(true);
    const label = document.createElement('span');
    label.textContent = button.dataset.busyLabel || document.body.dataset.busyLabel;
    button.textContent = '';
    button.append(spinner, label);
  }

  function stop(button) {
    if (!kept.has(button)) return;
    button.textContent = '';
    button.append(...kept.get(button));
    kept.delete(button);
    button.removeAttribute('aria-busy');
    button.style.minWidth = '';
  }

  function submitterOf(form, given) {
    return given || (form.contains(document.activeElement) && document.activeElement.closest(SUBMIT))
      || form.querySelector(SUBMIT);
  }

  document.addEventListener('submit', function (event) {
    const form = event.target;
    const button = submitterOf(form, event.submitter);
    if (button && button.getAttribute('aria-busy') === 'true') {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const byHtmx = form.matches('[hx-post], [hx-put], [hx-patch], [hx-delete], [hx-get]');
    if (byHtmx || event.defaultPrevented || form.method !== 'post' || form.target || form.hasAttribute('data-download')) return;
    /* After this turn, so that the button's own name and value are still sent. */
    setTimeout(function () { start(button); }, 0);
  });

  document.addEventListener('htmx:beforeRequest', function (event) {
    const element = event.detail.elt;
    if (element.matches('form')) {
      const sent = event.detail.requestConfig.triggeringEvent;
      if (event.detail.requestConfig.verb !== 'get') start(submitterOf(element, sent && sent.submitter));
    } else if (element.matches('button[hx-post], button[hx-put], button[hx-patch], button[hx-delete]')) {
      start(element);
    }
  });
  document.addEventListener('htmx:afterRequest', function () { Array.from(kept.keys()).forEach(stop); });
  window.addEventListener('pageshow', function () { Array.from(kept.keys()).forEach(stop); });
})();
