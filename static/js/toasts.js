/* Toasts go after six seconds, stay while one looks at them, and can be asked for by a server answer:
   HX-Trigger: {"toast": {"text": "…"}}. */
(function () {
  'use strict';
  const SHOWN_MS = 6000;

  function watch(toast) {
    if (toast.dataset.watched) return;
    toast.dataset.watched = 'yes';
    let timer = 0;
    function wait() { timer = setTimeout(function () { toast.remove(); }, SHOWN_MS); }
    function hold() { clearTimeout(timer); }
    toast.addEventListener('mouseenter', hold);
    toast.addEventListener('mouseleave', wait);
    toast.addEventListener('focusin', hold);
    toast.addEventListener('focusout', wait);
    toast.querySelector('[data-toast-close]').addEventListener('click', function () { toast.remove(); });
    wait();
  }

  function watchAll() { document.querySelectorAll('[data-toast]').forEach(watch); }

  document.addEventListener('DOMContentLoaded', function () {
    const place = document.getElementById('toasts');
    watchAll();
    if (place) new MutationObserver(watchAll).observe(place, { childList: true });
  });
  document.addEventListener('toast', function (event) {
    const toast = document.getElementById('tpl-toast').content.querySelector('[data-toast]').cloneNode(true);
    toast.querySelector('.toast-text').textContent = event.detail.text || event.detail.value;
    document.getElementById('toasts').appendChild(toast);
  });
})();
