/* The order of columns: handles are dragged, or moved with the arrow keys. The list items hold the check boxes, so the
   form sends the chosen columns in the order that one sees. */
(function () {
  'use strict';
  let dragged = null;

  function move(item, other, before) {
    if (!other || other === item || other.hasAttribute('data-fixed')) return;
    item.parentNode.insertBefore(item, before ? other : other.nextSibling);
  }

  document.addEventListener('keydown', function (event) {
    const handle = event.target.closest('.column-handle');
    if (!handle || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    event.stopPropagation();
    const item = handle.closest('li');
    if (event.key === 'ArrowUp') move(item, item.previousElementSibling, true);
    else move(item, item.nextElementSibling, false);
    handle.focus();
  }, true);

  document.addEventListener('pointerdown', function (event) {
    const handle = event.target.closest('.column-handle');
    if (!handle) return;
    dragged = handle.closest('li');
    dragged.classList.add('is-dragged');
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  document.addEventListener('pointermove', function (event) {
    if (!dragged) return;
    Array.from(dragged.parentNode.children).forEach(function (other) {
      const box = other.getBoundingClientRect();
      if (event.clientY > box.top && event.clientY < box.bottom) move(dragged, other, event.clientY < box.top + box.height / 2);
    });
  });
  document.addEventListener('pointerup', function () {
    if (dragged) dragged.classList.remove('is-dragged');
    dragged = null;
  });
})();
