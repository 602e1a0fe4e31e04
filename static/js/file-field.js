/* File field: <input type="file" data-file-field>. The browser's field lies unseen over our own button and the name of the
   file, so that a click, a key and a dropped file reach it. Without JavaScript it is seen itself. */
(function () {
  'use strict';

  function enhance(input) {
    if (input.dataset.enhanced) return;
    input.dataset.enhanced = 'yes';
    const box = document.createElement('span');
    const button = document.createElement('span');
    const name = document.createElement('span');
    box.className = 'file-field';
    button.className = 'btn';
    button.textContent = input.dataset.chooseWord;
    name.className = 'file-name';
    button.setAttribute('aria-hidden', 'true');
    name.setAttribute('aria-hidden', 'true');
    input.parentNode.insertBefore(box, input);
    box.append(input, button, name);

    function show() {
      const names = Array.from(input.files).map(function (file) { return file.name; });
      name.textContent = names.join('、') || input.dataset.noneWord;
      name.classList.toggle('muted', !names.length);
    }
    input.addEventListener('change', show);
    show();
  }

  function start(root) { root.querySelectorAll('input[data-file-field]').forEach(enhance); }
  document.addEventListener('DOMContentLoaded', function () { start(document); });
  window.addEventListener('pageshow', function () {
    document.querySelectorAll('.file-field input').forEach(function (input) { input.dispatchEvent(new Event('change')); });
  });
  document.addEventListener('htmx:load', function (event) { start(event.target.parentNode || document); });
})();
