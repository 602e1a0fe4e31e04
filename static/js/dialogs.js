/* The one dialog: whatever htmx puts into #dialog-content is shown; the event "dialog:close" (HX-Trigger) closes it.
   Bootstrap holds the focus inside and gives it back. */
(function () {
  'use strict';

  function dialog() { return window.bootstrap.Modal.getOrCreateInstance(document.getElementById('dialog')); }

  document.addEventListener('htmx:afterSwap', function (event) {
    if (event.detail.target.id === 'dialog-content' && event.detail.target.childElementCount) dialog().show();
  });
  document.addEventListener('dialog:close', function () { dialog().hide(); });
  let opener = null;
  document.addEventListener('show.bs.modal', function () { opener = document.activeElement; });
  document.addEventListener('shown.bs.modal', function (event) {
    const first = event.target.querySelector('.form-errors, [data-focus], textarea, input:not([type="hidden"]), .modal-footer .btn');
    if (first) first.focus();
  });
  document.addEventListener('hidden.bs.modal', function (event) {
    if (opener && opener.isConnected && (document.activeElement === document.body || event.target.contains(document.activeElement))) opener.focus();
    if (event.target.id === 'dialog') document.getElementById('dialog-content').textContent = '';
  });
})();
