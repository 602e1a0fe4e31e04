/* A lost network, a refusal or a failure says so at the top of the page and says what is kept. */
(function () {
  'use strict';
  let last = null;

  function show(template) {
    const notes = document.getElementById('notes');
    if (!notes) return;
    notes.textContent = '';
    notes.appendChild(document.getElementById(template).content.cloneNode(true));
    const box = notes.getBoundingClientRect();
    if (box.top < 0 || box.top > window.innerHeight) notes.scrollIntoView({ block: 'center' });
  }
  function remember(event) {
    const config = event.detail.requestConfig;
    last = { element: event.detail.elt, verb: config.verb, path: config.path, target: event.detail.target };
  }

  document.addEventListener('htmx:sendError', function (event) { remember(event); show('tpl-offline'); });
  document.addEventListener('htmx:timeout', function (event) { remember(event); show('tpl-offline'); });
  document.addEventListener('htmx:responseError', function (event) {
    const status = event.detail.xhr.status;
    if (status === 401) return;
    remember(event);
    show(status >= 500 ? 'tpl-failed' : 'tpl-refused');
  });
  document.addEventListener('htmx:afterRequest', function (event) {
    const notes = document.getElementById('notes');
    if (event.detail.successful && last && notes) { notes.textContent = ''; last = null; }
  });
  document.addEventListener('click', function (event) {
    if (!event.target.closest('[data-retry]') || !last) return;
    const element = last.element;
    if (element.matches('form')) element.requestSubmit();
    else window.htmx.ajax(last.verb, last.path, { source: element, target: last.target });
  });
})();
